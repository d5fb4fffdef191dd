"""The envelope of SOAP 1.1 rpc/encoded as Delphi reads it and complains about it."""

from dataclasses import dataclass
from html import escape

from lxml import etree

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
XSD = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SERVICE = "urn:IKosWebIntf-IKosWeb"


class SoapFaultError(Exception):
    """A refusal of the whole call; `kind` is the Delphi class that clients find in the detail."""

    def __init__(self, text: str, kind: str = "ERemotableException") -> None:
        super().__init__(text)
        self.text = text
        self.kind = kind


@dataclass(frozen=True)
class Argument:
    """One argument as it came; `type_name` is the local XSD name, empty when none was given."""

    type_name: str
    text: str


@dataclass(frozen=True)
class Call:
    """One operation with its arguments by name."""

    operation: str
    arguments: dict[str, Argument]


def parse_document(text: str | bytes) -> etree._Element:
    """The root of an XML document. Anything malformed, or with a DOCTYPE, is a fault."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SoapFaultError(f"XML document is not well formed: {error}", "EDOMParseError") from error
    if getattr(root.getroottree().docinfo, "doctype", ""):
        raise SoapFaultError("A DOCTYPE is not allowed", "EDOMParseError")
    return root


def parse_call(body: bytes, action: str) -> Call:
    """Open an envelope; `action` is the SOAPAction header. Raises SoapFaultError."""
    method = _only_child(_body(parse_document(body)))
    name = etree.QName(method)
    if name.namespace != SERVICE:
        raise SoapFaultError(f"Interface '{name.namespace}' is not registered", "EIntfCastError")
    if action.strip().strip('"') != f"{SERVICE}#{name.localname}":
        raise SoapFaultError(f"SOAPAction '{action}' does not name the method {name.localname}")
    return Call(name.localname, _arguments(method))


def _body(envelope: etree._Element) -> etree._Element:
    body = envelope.find(f"{{{ENVELOPE}}}Body")
    if envelope.tag != f"{{{ENVELOPE}}}Envelope" or body is None:
        raise SoapFaultError("Invalid SOAP request: no SOAP 1.1 envelope with a body", "ESOAPDomConvertError")
    return body


def _only_child(body: etree._Element) -> etree._Element:
    children = [child for child in body if isinstance(child.tag, str)]
    if len(children) != 1:
        raise SoapFaultError(f"Invalid SOAP request: {len(children)} methods in the body", "ESOAPDomConvertError")
    return children[0]


def _arguments(method: etree._Element) -> dict[str, Argument]:
    arguments: dict[str, Argument] = {}
    for child in method:
        if len(child) or not isinstance(child.tag, str):
            raise SoapFaultError(f"Parameter {child.tag} holds XML that is not escaped", "ESOAPDomConvertError")
        name = etree.QName(child).localname
        if name in arguments:
            raise SoapFaultError(f"Parameter {name} is given twice", "ESOAPDomConvertError")
        arguments[name] = Argument(_type_name(child), child.text or "")
    return arguments


def _type_name(argument: etree._Element) -> str:
    declared = argument.get(f"{{{XSI}}}type", "")
    prefix, _, local = declared.rpartition(":")
    if declared and argument.nsmap.get(prefix or None) != XSD:
        raise SoapFaultError(f"Type '{declared}' is unknown", "ESOAPDomConvertError")
    return local


def fault(error: SoapFaultError) -> str:
    """A fault envelope; the code says Client even when the server is to blame, as the real one does."""
    detail = (
        f'<NS1:{error.kind} xmlns:NS1="urn:InvokeRegistry">'
        f"<ExceptionClassName>{error.kind}</ExceptionClassName>"
        f"<ExceptionInheritance>{error.kind},Exception</ExceptionInheritance></NS1:{error.kind}>"
    )
    return envelope(
        "<SOAP-ENV:Fault><faultcode>SOAP-ENV:Client</faultcode>"
        f"<faultstring>{escape(error.text, quote=False)}</faultstring>"
        f"<faultactor>{error.kind}</faultactor><detail>{detail}</detail></SOAP-ENV:Fault>"
    )


def envelope(body: str) -> str:
    """The envelope around a body that is XML already."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{ENVELOPE}" xmlns:xsd="{XSD}" xmlns:xsi="{XSI}" '
        f'xmlns:SOAP-ENC="{ENCODING}"><SOAP-ENV:Body SOAP-ENV:encodingStyle="{ENCODING}">{body}'
        "</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    )
