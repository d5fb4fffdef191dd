"""Work for a destination that cannot take it: the case that a person does instead, with the exact figures."""

from khaossync.domain.cases import Case, CaseClass
from khaossync.domain.corrections import Amendment, Cancellation
from khaossync.domain.credit_note import CreditNote
from khaossync.domain.crediting import figures
from khaossync.domain.messages import Message, Payload
from khaossync.domain.money import spoken
from khaossync.domain.orders import order_key


def by_hand(message: Message, payload: Payload) -> Case:
    """The case for a payload whose destination lists no sink for its kind."""
    match payload:
        case CreditNote() as note:
            detail = f"refund of {spoken(note.total, note.currency)} on order {note.order_number} needs a credit note"
            subject = f"{order_key(note.channel, note.order_id)} refund {note.refund_id.rsplit('/', 1)[-1]}"
            return Case(CaseClass.CREDIT_NOTE_TO_KEY, note.channel, subject, detail, figures(note))
        case Cancellation() as stop:
            detail = f"order {stop.number} was cancelled after it had become {stop.sales_order_code}"
            return Case(CaseClass.ORDER_TO_CANCEL, stop.channel, message.key, detail, _sales_order(stop))
        case Amendment() as edit:
            detail = f"order {edit.number} was edited after it had become {edit.sales_order_code}"
            evidence = {**_sales_order(edit), **edit.differences}
            return Case(CaseClass.ORDER_TO_AMEND, edit.channel, message.key, detail, evidence)
        case _:
            detail = f"{message.destination} takes no {message.kind}"
            return Case(CaseClass.NO_ROUTE, message.source, message.key, detail)


def _sales_order(payload: Cancellation | Amendment) -> dict[str, str]:
    return {"sales order": payload.sales_order_code, "reference": payload.ref}
