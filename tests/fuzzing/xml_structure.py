"""Mutations of XML: what a parser can be led to read, build or expand, and documents of another shape."""

import re

from odd_values import LARGE, NUMBERS, a_depth, a_text

_TAG = re.compile(r"<(/?)([A-Za-z][\w:]*)([^>]*)>")
_EMPTY = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"


def mutate(body, chance):
    text = body.decode("utf-8", "replace") or _EMPTY
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        if len(text) < LARGE:
            text = chance.choice(_CHANGES)(text, chance)
    codec = chance.choice(["utf-8"] * 40 + ["utf-16", "latin-1", "utf-32", "utf-7"])
    return text.encode(codec, "surrogatepass" if codec == "utf-8" else "replace")


def _at_a_tag(text, chance):
    tags = list(_TAG.finditer(text[:20_000]))
    return chance.choice(tags) if tags else None


def a_tag_changed(text, chance):
    tag = _at_a_tag(text, chance)
    if tag is None:
        return text
    name = chance.choice(
        ["__proto__", "constructor", "a:b", "x" * 3000, "Key", "xml", tag[2].lower(), "1a", "", "#text", "@x", "ü"]
    )
    other = chance.choice([f"<{tag[1]}{name}>", f"<{name}/>", tag[0] * 2, "", f"<{tag[2]}", f"<{tag[2]}{tag[2]}>"])
    if chance.random() < 0.4:
        return re.sub(rf"(</?){tag[2]}\b", rf"\g<1>{name}", text)
    return text[: tag.start()] + other + text[tag.end() :]


def an_attribute(text, chance):
    tag = _at_a_tag(text, chance)
    if tag is None or tag[1]:
        return text
    more = chance.choice(
        [
            'a="1"',
            'a="1" a="2"',
            "a=1",
            "a='&lt;'",
            'a="<"',
            'xmlns="urn:x"',
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"',
            'xsi:type="__proto__"',
            '__proto__="x"',
            " ".join(f'a{number}="{number}"' for number in range(chance.choice([10, 2000]))),
            'a="' + "x" * 20_000 + '"',
            "=",
            '"',
        ]
    )
    return f"{text[: tag.end() - 1]} {more}>{text[tag.end() :]}"


def text_put_in(text, chance):
    tag = _at_a_tag(text, chance)
    place = tag.end() if tag else 0
    odd = chance.choice(
        [
            a_text(chance),
            a_text(chance),
            chance.choice(NUMBERS),
            "<![CDATA[x]]>",
            "<![CDATA[</Key>]]>",
            "<![CDATA[",
            "]]>",
            "<!-- x -->",
            "<!--",
            "<!-- -- -->",
            "<?php x ?>",
            "<?",
            '<?xml version="1.1" encoding="UTF-7"?>',
            "&amp;",
            "&lol;",
            "&#0;",
            "&#x0;",
            "&#xD800;",
            "&#x110000;",
            "&#99999999999;",
            "&#xFFFE;",
            "&",
            "&amp" * 500,
            "&#x41;" * 500,
            "&amp;" * 20_000,
            "<a/>" * chance.choice([10, 5000]),
            "<a>" * a_depth(chance),
        ]
    )
    return text[:place] + odd + text[place:]


def the_value_changed(text, chance):
    texts = list(re.finditer(r">([^<>]+)<", text[:20_000]))
    if not texts:
        return text_put_in(text, chance)
    found = chance.choice(texts)
    odd = chance.choice([a_text(chance), chance.choice(NUMBERS), "", found[1] * 30, f" {found[1]} ", "true", "TRUE"])
    escaped = odd.replace("&", "&amp;").replace("<", "&lt;") if chance.random() < 0.8 else odd
    return text[: found.start(1)] + escaped + text[found.end(1) :]


def a_document_type(text, chance):
    """Entities that grow, that read files and that ask other servers; all must be refused."""
    bomb = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    kind = chance.choice(
        [
            f'<!DOCTYPE x [<!ENTITY l0 "lol">{bomb}]>',
            '<!DOCTYPE x [<!ENTITY l0 SYSTEM "file:///etc/passwd">]>',
            '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">',
            '<!DOCTYPE x [<!ENTITY % l0 SYSTEM "http://127.0.0.1:1/x"> %l0;]>',
            "<!DOCTYPE x>",
            "<!doctype x [",
            '<!ENTITY l0 "x">',
            "<!ELEMENT x ANY>",
        ]
    )
    inside = text.replace(">", ">&l8;&l0;", 1) if chance.random() < 0.5 else text
    head = re.match(r"\s*<\?xml[^>]*>", inside)
    place = head.end() if head else 0
    return inside[:place] + kind + inside[place:]


def a_part_repeated(text, chance):
    tag = _at_a_tag(text, chance)
    if tag is None or tag[1]:
        return text
    end = text.find(f"</{tag[2]}>", tag.end())
    if end < 0:
        return text
    end += len(tag[2]) + 3
    many = chance.choice([0, 2, 30] * 10 + [3000])
    return text[: tag.start()] + text[tag.start() : end][:3000] * many + text[end:]


def nested_in_itself(text, chance):
    tag = _at_a_tag(text, chance)
    name = tag[2] if tag else "a"
    depth = a_depth(chance)
    place = tag.end() if tag else 0
    return text[:place] + f"<{name}>" * depth + f"</{name}>" * depth + text[place:]


def around_the_document(text, chance):
    return chance.choice(
        [
            "\ufeff" + text,
            " \n" + text,
            text + text,
            text + "x",
            "x" + text,
            '<?xml version="1.0" encoding="UTF-16"?>' + text,
            '<?xml version="9"?>' + text,
            "<!-- -->" + text + "<!-- -->",
            text.replace("<", "<s:").replace("<s:/", "</s:"),
            "<Error>" + text + "</Error>",
            "<a>" + text + "</a>",
            "<a></a>",
            "<a/>",
            "<",
            "",
        ]
    )


_CHANGES = (
    a_tag_changed,
    an_attribute,
    text_put_in,
    text_put_in,
    the_value_changed,
    the_value_changed,
    the_value_changed,
    a_document_type,
    a_part_repeated,
    nested_in_itself,
    around_the_document,
)
