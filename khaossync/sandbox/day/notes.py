"""What the script of a day knows of its own doing, for those who prove something of it afterwards."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Notes:
    """What belongs to one shop; orders are named by their ids in it.

    `released` had to wait and have to be in the ERP in the end; `kept` may not, for the case of that class. `edited`
    are SKUs whose quantity somebody changed in the shop. `late` are tracking numbers that were typed in after the
    despatch, with the references of their orders. `below` are stock codes that were seen below none in the ERP,
    `meant` those that were meant to be. These three the shops have in common.
    """

    released: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    edited: list[str] = field(default_factory=list)
    late: dict[str, str] = field(default_factory=dict)
    below: set[str] = field(default_factory=set)
    meant: set[str] = field(default_factory=set)

    def of_another(self) -> "Notes":
        """The notes of another shop of the same house."""
        return Notes(late=self.late, below=self.below, meant=self.meant)
