"""The stories of a trading day: each says what people do, and yields wherever the daemon may come in between."""

from collections.abc import Callable
from decimal import Decimal

from chaos.company import Company, Steps

from khaossync.sandbox.day.face import Address

Story = Callable[[Company], Steps]


def parted(it: Company) -> Steps:
    """Paid, posted, despatched in two parcels, fulfilled."""
    order = it.sell(("MUG", 1), ("TEE", 2))
    yield from it.until_posted(order)
    if it.posted(order):
        it.khaos.pick(it.ref(order))
        it.parcel(order, "MUG")
        yield
        it.parcel(order)
        yield
        it.khaos.issue(it.ref(order))


def cancelled_at_once(it: Company) -> Steps:
    """Called off while the order is on its way, or just before."""
    order = it.sell(("CUP", 2))
    yield
    it.face.cancel(order)
    yield


def cancelled_late(it: Company) -> Steps:
    """Called off when the ERP has it: people must cancel it there."""
    order = it.sell(("POT", 1))
    yield from it.until_posted(order)
    it.face.cancel(order)
    yield


def edited_at_once(it: Company) -> Steps:
    """Changed before it is in the ERP, or at the very moment."""
    order = it.sell(("MUG", 3), payment=it.shop.EDITABLE)
    yield
    it.shop.edit(order, {"MUG": 2})
    yield


def edited_late(it: Company) -> Steps:
    """Changed when the ERP has it: people must amend it there."""
    order = it.sell(("CUP", 3), payment=it.shop.EDITABLE)
    yield from it.until_posted(order)
    it.shop.edit(order, {"CUP": 1})
    yield


def moved(it: Company) -> Steps:
    """Another address, when the ERP has the order: no total tells of it."""
    order = it.sell(("MUG", 1))
    yield from it.until_posted(order)
    it.face.move(order, Address("2 New Street", "Elsewhere", "EL1 1SE"))
    yield


def refunded_at_once(it: Company) -> Steps:
    """Money and goods go back before the ERP has the order."""
    order = it.sell(("TEE", 2), ("CUP", 1))
    yield
    it.face.refund(order, {"TEE": 1})
    yield


def refunded_late(it: Company) -> Steps:
    """Delivered, then a return, then goodwill: two credit notes to key."""
    order = it.sell(("TEE", 1), ("POT", 1))
    yield from it.until_posted(order)
    if it.posted(order):
        it.parcel(order)
        yield from it.until_told(order)
    if it.face.parcels(order):
        it.face.refund(order, {"TEE": 1})
        yield
        it.face.refund(order, amount=Decimal("2.00"))
        yield


def stock_moves(it: Company) -> Steps:
    """Goods come in, some are missing, and somebody types into the shop."""
    it.khaos.receive("MUG", 7)
    yield
    it.khaos.adjust("MUG", -5)
    it.khaos.receive("POT", 3)
    yield
    it.face.staff_sets("TEE", it.shop.place, it.face.shown()["TEE", it.shop.place] + 4)
    yield
    it.khaos.adjust("POT", -2)
    yield


def numbered_late(it: Company) -> Steps:
    """A parcel leaves without its number, which is typed in afterwards."""
    order = it.sell(("CUP", 1))
    yield from it.until_posted(order)
    if it.posted(order):
        number = it.parcel(order, numbered=False)
        yield from it.until_told(order)
        yield
        it.khaos.track(it.ref(order), number)
        it.notes.late[number] = it.ref(order)
        yield
        it.khaos.issue(it.ref(order))


def on_account(it: Company) -> Steps:
    """A business buys and pays later."""
    order = it.sell(("TEE", 3), on_account=True)
    yield from it.until_posted(order)
    if it.posted(order):
        it.parcel(order)
    yield


def bundled(it: Company) -> Steps:
    """One line in the shop, its parts in the ERP and in the parcel."""
    order = it.sell(("DUO", 2))
    yield from it.until_posted(order)
    if it.posted(order):
        it.parcel(order)
    yield


def paid_late(it: Company) -> Steps:
    """Nothing may go before the money is there."""
    order = it.sell(("POT", 2), payment="pending")
    yield
    it.face.pay(order)
    yield from it.until_posted(order)


STORIES: tuple[Story, ...] = (
    parted,
    cancelled_at_once,
    cancelled_late,
    edited_at_once,
    edited_late,
    moved,
    refunded_at_once,
    refunded_late,
    stock_moves,
    numbered_late,
    on_account,
    bundled,
    paid_late,
)
