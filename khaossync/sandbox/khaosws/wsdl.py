"""A small WSDL of the simulated service, enough to see which operations there are."""

from html import escape

from khaossync.sandbox.khaosws import soap
from khaossync.sandbox.khaosws.signatures import SIGNATURES, Parameter

_RESULTS = {
    "ImportOrders": "typ:TOrderImportResult",
    "GetStockList": "typ:TStockList",
    "GetStockPotential": "typ:TStockPotentialArray",
    "GetSiteList": "typ:TSiteList",
    "GetSaleSource": "typ:TStringArray",
    "GetCompanyInfo": "typ:TCompanyInfoArray",
    "GetCompanyList": "typ:TCompanyList",
    "GetPriceLists": "typ:TStringArray",
    "GetCompanyClass": "typ:TStringArray",
    "GetCountryList": "typ:TCountryList",
}


def wsdl(location: str) -> str:
    """The document; `location` is where calls are posted to."""
    messages = "".join(_messages(name, parameters) for name, parameters in SIGNATURES.items())
    port = "".join(_operation(name) for name in SIGNATURES)
    bindings = "".join(_binding(name) for name in SIGNATURES)
    return (
        '<?xml version="1.0"?><definitions xmlns="http://schemas.xmlsoap.org/wsdl/" '
        f'xmlns:xs="{soap.XSD}" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:tns="http://tempuri.org/" '
        'xmlns:typ="urn:IKosWebIntf" name="IKosWebservice" targetNamespace="http://tempuri.org/">'
        f'{messages}<portType name="IKosWeb">{port}</portType>'
        '<binding name="IKosWebbinding" type="tns:IKosWeb">'
        f'<soap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>{bindings}</binding>'
        '<service name="IKosWebservice"><port name="IKosWebPort" binding="tns:IKosWebbinding">'
        f'<soap:address location="{escape(location)}"/></port></service></definitions>'
    )


def _messages(name: str, parameters: tuple[Parameter, ...]) -> str:
    parts = "".join(f'<part name="{parameter.name}" type="xs:{parameter.kind}"/>' for parameter in parameters)
    result = f'<part name="return" type="{_RESULTS.get(name, "xs:string")}"/>'
    return f'<message name="{name}Request">{parts}</message><message name="{name}Response">{result}</message>'


def _operation(name: str) -> str:
    return (
        f'<operation name="{name}"><input message="tns:{name}Request"/>'
        f'<output message="tns:{name}Response"/></operation>'
    )


def _binding(name: str) -> str:
    body = f'<soap:body use="encoded" encodingStyle="{soap.ENCODING}" namespace="{soap.SERVICE}"/>'
    action = f'<soap:operation soapAction="{soap.SERVICE}#{name}" style="rpc"/>'
    return f'<operation name="{name}">{action}<input>{body}</input><output>{body}</output></operation>'
