"""Wiring of the quintet floor."""

from django.apps import AppConfig


class QuintetConfig(AppConfig):
    name = "quintet"
    verbose_name = "Frameworks, cycles and assessments"
