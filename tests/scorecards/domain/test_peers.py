"""Who is ahead of a unit on an item: names in an order that says nothing of levels."""

from hypothesis import given
from hypothesis import strategies as st

from quintet.domain.packing import MISSING_BYTE, NA_BYTE
from scorecards.domain.peers import NAMED, Peer, ahead_of

LEVELS = st.sampled_from([0, 1, 2, 3, 4, NA_BYTE, MISSING_BYTE])
PEERS = st.lists(
    st.builds(
        Peer, st.text("ABC", min_size=2, max_size=4), st.sampled_from("xy"), LEVELS.map(lambda n: bytes([n]))
    ),
    unique_by=lambda peer: peer.code,
    max_size=8,
)


def known(level: int) -> bool:
    return level not in (NA_BYTE, MISSING_BYTE)


class TestWhoIsAhead:
    @given(LEVELS, PEERS)
    def test_is_above_and_known(self, mine: int, peers: list[Peer]) -> None:
        found = ahead_of(bytes([mine]), 0, peers, like="x")
        above = [peer for peer in peers if peer.levels and known(peer.levels[0]) and peer.levels[0] > mine]
        assert len(found) == (min(len(above), NAMED) if known(mine) else 0)
        assert set(found) <= set(above)

    def test_stands_by_type_then_code_whatever_the_level(self) -> None:
        peers = [
            Peer("D", "y", b"\x04"),
            Peer("C", "x", b"\x02"),
            Peer("B", "x", b"\x04"),
            Peer("A", "y", b"\x03"),
        ]
        assert [peer.code for peer in ahead_of(b"\x01", 0, peers, like="x")] == ["B", "C", "A"]

    def test_is_nobody_whose_sheet_does_not_count(self) -> None:
        assert ahead_of(b"\x01", 0, [Peer("A", "x", None)], like="x") == []
