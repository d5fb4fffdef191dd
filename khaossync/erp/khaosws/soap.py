"""rpc/encoded SOAP 1.1 as Delphi speaks it: typed arguments out, results, multirefs and faults in."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from lxml import etree

from khaossync.domain.errors import TransientError
from khaossync.erp.khaosws.markup import Element, UnintelligibleError, child, children, content, legal, name, parse

Value = str | int | bool | datetime
"""What an argument may be; a datetime is naive and in the server's zone."""

Arguments = Mapping[str, Value]

_ENV = "http://schemas.xmlsoap.org/soap/envelope/"
_ENC = "http://schemas.xmlsoap.org/soap/encoding/"
_XSD = "http://www.w3.org/2001/XMLSchema"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NAMESPACES = {"SOAP-ENV": _ENV, "SOAP-ENC": _ENC, "xsd": _XSD, "xsi": _XSI}

# What is longer is a page of something, and would stand in every log line and case.
_LONGEST_REASON, _LONGEST_SOURCE = 2_000, 100


class FaultError(TransientError):
    """The service answered with a SOAP fault: a business refusal or a breakdown, the fault does not say which."""

    def __init__(self, operation: str, reason: str, delphi_class: str) -> None:
        source = f" ({delphi_class})" if delphi_class else ""
        super().__init__(f"{operation} failed in Khaos Control{source}: {reason}")
        self.reason = reason


def envelope(namespace: str, operation: str, arguments: Arguments) -> bytes:
    """The call as bytes in UTF-8; every argument says its type, for the server looks at nothing else."""
    root = etree.Element(f"{{{_ENV}}}Envelope", nsmap=_NAMESPACES)
    body = etree.SubElement(root, f"{{{_ENV}}}Body", {f"{{{_ENV}}}encodingStyle": _ENC})
    call = etree.SubElement(body, f"{{{namespace}}}{operation}", nsmap={"NS1": namespace})
    for key, argument in arguments.items():
        kind, text = _typed(argument)
        etree.SubElement(call, key, {f"{{{_XSI}}}type": f"xsd:{kind}"}).text = legal(text)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _typed(argument: Value) -> tuple[str, str]:
    match argument:
        case bool():
            return "boolean", "true" if argument else "false"
        case int():
            return "int", str(argument)
        case datetime():
            return "dateTime", argument.strftime("%Y-%m-%dT%H:%M:%S")
        case str():
            return "string", argument


class Result:
    """What an operation returned, with references to other parts of the answer already followed."""

    def __init__(self, element: Element, targets: Mapping[str, Element]) -> None:
        self._element = element
        self._targets = targets

    @property
    def text(self) -> str:
        """The plain text of the result: a version, or an XML document."""
        return content(self._element)

    def get(self, field: str) -> str:
        """A field as text; empty when it is absent or nil."""
        found = child(self._element, field)
        return "" if found is None else self._follow(found).text.strip()

    def items(self, field: str = "") -> Sequence["Result"]:
        """The members of an array field, or of the result itself when it is the array."""
        array: Result | None = self
        if field:
            found = child(self._element, field)
            array = None if found is None else self._follow(found)
        return [] if array is None else [array._follow(one) for one in children(array._element)]

    def pointed(self, reference: str) -> str:
        """The plain text that a reference of this answer leads to."""
        return self._follow(self._target(reference)).text.strip()

    def _follow(self, element: Element) -> "Result":
        """Delphi may write structures once, beside the answer, and point to them with `href="#id"`."""
        for _ in range(8):
            reference = element.get("href", "")
            if not reference.startswith("#"):
                return Result(element, self._targets)
            element = self._target(reference)
        raise UnintelligibleError("the answer's references go round in a circle")

    def _target(self, reference: str) -> Element:
        found = self._targets.get(reference.removeprefix("#"))
        if found is None:
            raise UnintelligibleError(f"the answer points to {reference}, which it does not hold")
        return found


def read(operation: str, answer: bytes) -> Result:
    """The result of a call. Raises FaultError for a fault, UnintelligibleError for anything that is no answer to it."""
    try:
        root = parse(answer.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnintelligibleError(f"it is no UTF-8: {error}") from error
    return answered(operation, root)


def answered(operation: str, root: Element) -> Result:
    """The result inside an answer's envelope. Raises as `read`."""
    body = child(root, "Body")
    if name(root) != "Envelope" or body is None:
        raise UnintelligibleError(f"it is no SOAP envelope but <{name(root)}>")
    fault = child(body, "Fault")
    if fault is not None:
        raise _fault(operation, fault)
    response = child(body, f"{operation}Response")
    if response is None:
        raise UnintelligibleError(f"it holds no {operation}Response")
    targets = {key: part for part in body.iter() if isinstance(part.tag, str) and (key := part.get("id"))}
    returned = next(children(response), response)
    return Result(response, targets)._follow(returned)


def _fault(operation: str, fault: Element) -> FaultError:
    def text(*path: str) -> str:
        found = child(fault, *path)
        return "" if found is None else content(found).strip()

    detail = child(fault, "detail")
    inner = None if detail is None else next(children(detail), None)
    delphi_class = None if inner is None else child(inner, "ExceptionClassName")
    reason = text("faultstring") or text("Reason") or "no reason given"
    source = content(delphi_class).strip() if delphi_class is not None else text("faultactor")
    return FaultError(operation, reason[:_LONGEST_REASON], source[:_LONGEST_SOURCE])
