"""The daemon as it is installed, killed over and over in every trouble that can be made for a real process."""

from pathlib import Path

from chaos.kills import PER_DAY, play_day


async def test_a_day_in_which_the_real_process_is_killed_over_and_over_ends_with_every_law(tmp_path: Path) -> None:
    """SHO-9, SHO-13, SHO-21, SHO-23, S-1, S-2, S-12, S-15, S-17."""
    crossed, broken = await play_day(tmp_path, seed=1, day=1, kills=PER_DAY)
    assert broken == []
    assert len(crossed) == PER_DAY
