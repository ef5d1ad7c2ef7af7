import pytest

from relay.core.normalise import Canonical, Invalid, Trim, Withheld, canonical
from relay.core.urls import PERSONAL_NAMES

V3 = "b" * 56 + ".onion"

DOMAINS = (
    ("lower-cased", "WWW.Evil-Site.COM", "www.evil-site.com"),
    ("trailing dot", "evil-site.com.", "evil-site.com"),
    ("blanks", " evil-site.com\t", "evil-site.com"),
    ("brackets", "evil-site[.]com", "evil-site.com"),
    ("parentheses", "evil-site(.)com", "evil-site.com"),
    ("braces", "evil-site{.}com", "evil-site.com"),
    ("word in brackets", "evil-site[dot]com", "evil-site.com"),
    ("word between blanks", "evil-site dot com", "evil-site.com"),
    ("brackets between blanks", "evil-site [.] com", "evil-site.com"),
    ("word in brackets between blanks", "evil-site (dot) com", "evil-site.com"),
    ("Italian", "evil-site[punto]com", "evil-site.com"),
    ("German", "evil-site punkt com", "evil-site.com"),
    ("comma", "evil-site[,]com", "evil-site.com"),
    ("backslash", r"evil-site\.com", "evil-site.com"),
    ("zero-width", "evil\u200b-site.com", "evil-site.com"),
    ("mark of direction", "\u200eevil-site.com\u200f", "evil-site.com"),
    ("ideographic full stop", "evil-site\u3002com", "evil-site.com"),
    ("full-width", "\uff45vil-site\uff0ecom", "evil-site.com"),
    ("underscore", "_dmarc.evil_site.com", "_dmarc.evil_site.com"),
    ("sharp s, non-transitional", "fa\u00df.de", "xn--fa-hia.de"),
    ("own script", "\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444", "xn--e1afmkfd.xn--p1ai"),
    ("snowman, which IDNA 2008 refuses", "\u2603.net", "xn--n3h.net"),
    ("snowman as an A-label", "XN--N3H.net", "xn--n3h.net"),
    ("underscore and own script", "a_b.b\u00fccher.com", "a_b.xn--bcher-kva.com"),
    ("documentation name of second level", "www.example.org", "www.example.org"),
    ("longest", ("a" * 63 + ".") * 3 + "a" * 57 + ".com", ("a" * 63 + ".") * 3 + "a" * 57 + ".com"),
)  # fmt: skip

NO_DOMAINS = (
    ("one label", "snozberry"),
    ("nothing", ""),
    ("a dot", "."),
    ("empty label", "evil..com"),
    ("leading dot", ".evil.com"),
    ("two trailing dots", "evil.com.."),
    ("an address", "198.41.0.4"),
    ("a full-width address", "\uff11\uff19\uff18.41.0.4"),
    ("blank inside", "evil site.com"),
    ("blank beside another script", "ex mple\u00e4.com"),
    ("percent-escape", "ex%61mple.com"),
    ("percent-escape beside another script", "\u00e4%61.com"),
    ("long label", "a" * 64 + ".com"),
    ("long name", "a." * 126 + "com"),
    ("hyphen first", "-evil.com"),
    ("hyphen last", "evil-.com"),
    ("numeric last label", "evil.123"),
    ("port", "evil.com:80"),
    ("path", "evil.com/x"),
    ("e-mail address", "x@evil.com"),
    ("wildcard", "*.evil.com"),
    ("onion of a wrong length", "abc.onion"),
    ("newline", "evil.com\nevil.org"),
    ("NUL", "evil.com\x00"),
)  # fmt: skip

LOCAL = (
    "dc01.corp", "intranet.lan", "localhost", "x.localhost", "printer.local", "router.home",
    "app.internal", "wiki.intranet", "db.private", "localhost.localdomain", "smtp.mail", "a.test",
    "b.invalid", "4.0.41.198.in-addr.arpa",
    "DC01[.]CORP", "gateway.home.arpa.",
)  # fmt: skip

URLS = (
    ("scheme and host lower-cased", "HTTP://Evil.COM/Path", "http://evil.com/Path"),
    ("empty path", "https://evil.com", "https://evil.com/"),
    ("default port", "http://evil.com:80/", "http://evil.com/"),
    ("other port", "http://evil.com:8080/", "http://evil.com:8080/"),
    ("dot segments", "http://evil.com/a/../b/./c", "http://evil.com/b/c"),
    ("own script", "http://b\u00fccher.com/\u00e9", "http://xn--bcher-kva.com/%C3%A9"),
    ("credentials", "http://user:secret@evil.com/", "http://evil.com/"),
    ("fragment", "http://evil.com/a#victim@home.org", "http://evil.com/a"),
    ("trailing dot of the host", "http://evil.com./a", "http://evil.com/a"),
    ("hexadecimal host", "http://0xc6.0x29.0.4/", "http://198.41.0.4/"),
    ("host as an integer", "http://3324575748/", "http://198.41.0.4/"),
    ("IPv6 host", "http://[2620:00fe::FE]:81/", "http://[2620:fe::fe]:81/"),
    ("mapped host", "http://[::ffff:198.41.0.4]/", "http://198.41.0.4/"),
    ("tab and newline", "http://evil.com/a\t\nb", "http://evil.com/ab"),
    ("escapes and order stay", "http://evil.com/%2f%2F?b=1&a=%41", "http://evil.com/%2f%2F?b=1&a=%41"),
    ("empty parameters stay", "http://evil.com/?&&a=&b", "http://evil.com/?&&a=&b"),
    ("empty query", "http://evil.com/?", "http://evil.com/"),
    ("slash at the end stays", "http://evil.com/a/", "http://evil.com/a/"),
    ("ftp", "ftp://evil.com/x", "ftp://evil.com/x"),
    ("underscore host", "http://a_b.evil.com/", "http://a_b.evil.com/"),
    ("onion host", f"http://{V3}/", f"http://{V3}/"),
    ("hxxp", "hxxp://evil.com/", "http://evil.com/"),
    ("hXXps", "hXXps://evil.com/", "https://evil.com/"),
    ("meow", "meow://evil.com/", "http://evil.com/"),
    ("host defanged", "http://evil[.]com/a.b", "http://evil.com/a.b"),
    ("host defanged between blanks", "hxxp://evil [.] com/a", "http://evil.com/a"),
    ("separator defanged", "http[://]evil.com/", "http://evil.com/"),
    ("colon defanged", "http[:]//evil.com/", "http://evil.com/"),
    ("port defanged", "http://evil.com[:]8080/", "http://evil.com:8080/"),
    ("path defanged with the host", "hxxp://evil[.]com/a[.]php", "http://evil.com/a.php"),
    ("brackets in a sound URL's path stay", "http://evil.com/a[.]php", "http://evil.com/a[.]php"),
    ("parentheses in a path stay", "hxxp://evil.com/a(dot)b", "http://evil.com/a(dot)b"),
)  # fmt: skip

NO_URLS = (
    ("no scheme", "evil.com/path"),
    ("path only", "/index.php"),
    ("javascript", "javascript:alert(1)"),
    ("file", "file:///etc/passwd"),
    ("data", "data:text/html,x"),
    ("host of one label", "http://snozberry/IPHTTPS"),
    ("blank in the host", "http://evil site.com/"),
    ("port out of range", "http://evil.com:99999/"),
    ("no host", "http://"),
    ("empty label", "http://evil..com/"),
    ("too long", "http://evil.com/" + "a" * 2048),
    ("too long once escaped", "http://evil.com/" + "\u00e9" * 400),
)  # fmt: skip

LOCAL_URLS = (
    "http://127.0.0.1/", "http://0x7f.1/", "http://2130706433/", "http://10.0.0.1:8080/x",
    "http://[::1]/", "http://[::ffff:10.0.0.1]/", "http://[fe80::1]/", "http://localhost/",
    "http://dc01.corp/x", "http://10.0.0.1./", "hxxp://192[.]168[.]1[.]1/",
)  # fmt: skip

CUT = (
    ("e-mail name", "?email=x&id=1", "?id=1"),
    ("in the middle", "?a=1&token=abc&b=2", "?a=1&b=2"),
    ("nothing left", "?user=x", ""),
    ("capitals", "?ID=1&UserName=x", "?ID=1"),
    ("hyphen and underscore", "?e-mail=x&access_token=y&q=1", "?q=1"),
    ("escaped name", "?%75ser=x&q=1", "?q=1"),
    ("name in parts", "?user[email]=x&q=1", "?q=1"),
    ("at sign", "?x=victim@home.org&q=1", "?q=1"),
    ("escaped at sign", "?x=victim%40home.org&q=1", "?q=1"),
    ("twice escaped at sign", "?x=victim%2540home.org&q=1", "?q=1"),
    ("at sign without a name", "?victim@home.org", ""),
    ("JSON Web Token", "?x=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.sig&q=1", "?q=1"),
    ("semicolons", "?a=1;session=9;b=2&c=3", "?a=1;b=2&c=3"),
    ("no value", "?password&q", "?q"),
    ("repeated", "?code=1&code=2&q=1", "?q=1"),
    ("order and spelling of the rest", "?z=%2f&key=1&&a=B", "?z=%2f&&a=B"),
)  # fmt: skip

KEPT = ("?id=1", "?monkey=1", "?passage=2", "?q=eyJ", "?q=user", "?keyword=x", "?codec=h264")


@pytest.mark.parametrize(("name", "value", "becomes"), DOMAINS, ids=[row[0] for row in DOMAINS])
def test_a_domain_has_one_form(name: str, value: str, becomes: str) -> None:
    """A domain name comes out re-fanged, as lower-case A-labels, without its last dot."""
    assert canonical("domain", value) == Canonical("domain", becomes), name


@pytest.mark.parametrize(("name", "value"), NO_DOMAINS, ids=[row[0] for row in NO_DOMAINS])
def test_what_is_no_domain_is_invalid(name: str, value: str) -> None:
    """Addresses, single labels and what no resolver would take are no domain names."""
    assert isinstance(canonical("domain", value), Invalid), name


@pytest.mark.parametrize("value", LOCAL)
def test_a_local_name_is_withheld(value: str) -> None:
    """Names under special-use last labels are of the member's inside."""
    verdict = canonical("domain", value)

    assert isinstance(verdict, Withheld)
    assert verdict.reason is Trim.SPECIAL_ADDRESS


def test_example_names_pass_only_when_allowed() -> None:
    """Names under `.example` are for documentation; `.test` stays local even then."""
    assert isinstance(canonical("domain", "c2.example"), Withheld)
    allowed = canonical("domain", "c2.example", allow_documentation=True)
    assert allowed == Canonical("domain", "c2.example")
    assert isinstance(canonical("domain", "c2.test", allow_documentation=True), Withheld)


def test_a_domain_under_onion_is_an_onion() -> None:
    """A hidden service reported as a domain meets the one reported as an onion."""
    assert canonical("domain", V3.upper()) == canonical("onion", V3) == Canonical("onion", V3)


@pytest.mark.parametrize(("name", "value", "becomes"), URLS, ids=[row[0] for row in URLS])
def test_a_url_has_one_form(name: str, value: str, becomes: str) -> None:
    """A URL is what a browser would ask for, without credentials and fragment, and no more."""
    assert canonical("url", value) == Canonical("url", becomes), name


@pytest.mark.parametrize(("name", "value"), NO_URLS, ids=[row[0] for row in NO_URLS])
def test_what_is_no_url_is_invalid(name: str, value: str) -> None:
    """Only http, https and ftp, with a host that exists outside, within 2048 characters."""
    assert isinstance(canonical("url", value), Invalid), name


@pytest.mark.parametrize("value", LOCAL_URLS)
def test_a_url_of_a_local_host_is_withheld(value: str) -> None:
    """However its host is written, a URL of a local host never leaves."""
    assert isinstance(canonical("url", value), Withheld)


@pytest.mark.parametrize(("name", "query", "left"), CUT, ids=[row[0] for row in CUT])
def test_personal_parameters_are_cut(name: str, query: str, left: str) -> None:
    """Only what points at a person or lets one in goes; the rest stays byte for byte."""
    verdict = canonical("url", f"https://evil.com/p{query}")

    assert verdict == Canonical("url", f"https://evil.com/p{left}", Trim.PERSONAL_PARAMETER), name


@pytest.mark.parametrize("query", KEPT)
def test_other_parameters_stay(query: str) -> None:
    """A parameter that only resembles a personal one is evidence, and stays."""
    assert canonical("url", f"https://evil.com/p{query}") == Canonical(
        "url", f"https://evil.com/p{query}"
    )


@pytest.mark.parametrize("name", sorted(PERSONAL_NAMES))
def test_every_personal_name_is_cut(name: str) -> None:
    """Each name of the table is cut, and the table is written as it is compared."""
    verdict = canonical("url", f"https://evil.com/?{name}=x")

    assert verdict == Canonical("url", "https://evil.com/", Trim.PERSONAL_PARAMETER)
