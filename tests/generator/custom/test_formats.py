"""Texts that the API server takes for a format, and texts that it does not; `tests/real` puts random ones to it."""

import pytest

from generator.custom.formats import checked, is_duration, of_format
from tests.pace import timed

RIGHT = {
    "bsonobjectid": ["507f1f77bcf86cd799439011"],
    "byte": ["YWJj", "YQ=="],
    "cidr": ["10.0.0.0/8", "010.0.0.1/8", "::/0"],
    "creditcard": ["4111111111111111", "4111-1111-1111-1111"],
    "date": ["2026-01-31", "2028-02-29"],
    "datetime": ["2026-01-31T09:30:00Z", "2026-01-31t09:30:00.5+01:00"],
    "duration": ["1h30m", "0", "-1.5h", "5 days", "every 2 weeks"],
    "email": ["a@b", "Ann <a@example.com>"],
    "hexcolor": ["#fff", "FF8800"],
    "hostname": ["a", "shop.example.com", "ä.de"],
    "ipv4": ["10.0.0.1", "::ffff:10.0.0.1"],
    "ipv6": ["::1", "2001:db8::"],
    "isbn": ["0-306-40615-2", "978-0306406157", "097522980X"],
    "isbn10": ["0-306-40615-2"],
    "isbn13": ["978-0306406157"],
    "k8slongname": ["a.b-c", "a" * 253],
    "k8sshortname": ["a-b", "a" * 63],
    "mac": ["02:00:5e:10:00:01", "02-00-5E-10-00-01", "0200.5e10.0001", "02:00:5e:10:00:01:02:03", "02005e100001"],
    "rgbcolor": ["rgb(1, 2,255)"],
    "ssn": ["123-45-6789", "123 45-6789"],
    "uri": ["/a", "https://a.b/c?d", "urn:a", "*"],
    "uuid": ["550e8400-e29b-41d4-a716-446655440000", "550E8400E29B41D4A716446655440000"],
    "uuid4": ["550e8400-e29b-41d4-a716-446655440000"],
}
WRONG = {
    "bsonobjectid": ["507f1f77bcf86cd79943901", ""],
    "byte": ["YQ", "", "YQ==\n"],
    "cidr": ["10.0.0.0", "10.0.0.0/33", "fe80::%a/64"],
    "creditcard": ["4111111111111112", ""],
    "date": ["2026-02-29", "2026-1-31", "26-01-31"],
    "datetime": ["2026-01-31 09:30:00Z", "2026-01-31T24:00:00Z", "2026-01-31T09:30:00", "2026-02-30T09:30:00Z"],
    "duration": ["", "1x", "h", "90"],
    "email": ["a", "@a", "a@"],
    "hexcolor": ["#ffff", "red"],
    "hostname": ["-a", "a_b", "a..b", "10.0.0.1", "a" * 64, "a.b"],
    "ipv4": ["::1", "10.0.0.1/8", "256.0.0.1"],
    "ipv6": ["10.0.0.1", "fe80::1%eth0"],
    "isbn": ["0-306-40615-3", "978-0306406158"],
    "isbn10": ["978-0306406157"],
    "isbn13": ["0-306-40615-2"],
    "k8slongname": ["A", "a..b", "a" * 254],
    "k8sshortname": ["a.b", "a" * 64],
    "mac": ["02:00:5e:10:00", "02:00:5e:10:00:zz", "02:00-5e:10:00:01"],
    "rgbcolor": ["rgb(1,2,256)", "rgb(1,2)"],
    "ssn": ["123456789", "123-45-678"],
    "uri": ["a", "", "http://a b", "/%zz"],
    "uuid": ["550e8400", ""],
    "uuid4": ["550e8400-e29b-31d4-a716-446655440000"],
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_format_is_that_of_the_api_server(name):
    fits = checked(36)[name]
    assert [text for text in RIGHT[name] if not fits(text)] == []
    assert [text for text in WRONG[name] if fits(text)] == []


def test_every_format_of_texts_is_known_by_name_and_in_words():
    for name in checked(36):
        assert of_format("string", name) == {
            "format": name,
            "x-towpath-expects": of_format("", name)["x-towpath-expects"],
        }
    assert of_format("string", "date-time")["format"] == "datetime"
    assert of_format("string", "nobody-knows") == of_format("string", None) == {}
    assert checked(36).keys() - checked(33).keys() == {"k8slongname", "k8sshortname"}


def test_numbers_have_the_range_of_their_format():
    assert of_format("integer", None) == {"minimum": -(2**63), "maximum": 2**63 - 1}
    assert of_format("integer", "int32")["maximum"] == 2**31 - 1
    assert of_format("number", "int32") == of_format("number", None) == {}
    assert of_format("number", "float")["maximum"] == pytest.approx(3.4028235e38)


def test_a_long_text_takes_no_longer_than_its_length():
    took, found = timed(lambda: is_duration("1" * 50_000 + "!"))
    assert not found
    assert took < 0.5
