"""The shape of an answer to a question of the entity's own; the meaning is judged by services and domain."""

from typing import Any

from django import forms

NO_VERSION = 2**31 - 1  # names no version that was ever written


class OwnAnswerForm(forms.Form):
    """A level, a comment, and the version of the answer it is based on."""

    level = forms.CharField(required=False)
    comment = forms.CharField(required=False, strip=False)
    version = forms.IntegerField(min_value=0, max_value=NO_VERSION)

    def answer(self) -> dict[str, Any]:
        """Return what was sent as the service takes it; a version that is none is a stale one."""
        self.full_clean()
        texts = {name: self.data.get(name, "") for name in ("level", "comment")}
        return {"raw": texts, "version": self.cleaned_data.get("version", NO_VERSION)}
