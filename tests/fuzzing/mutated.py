"""The mutated call of a number: the same seed and number give the same call, whatever was sent before."""

import random
from dataclasses import dataclass, replace

import bytes_and_tokens
import cbor_structure
import form_structure
import framing
import heads
import json_structure
import uploads
import xml_structure
from samples import a_sample
from signer import UNSIGNED, Keys, Scope, sign_header, sign_query

STRUCTURES = {
    "json": json_structure.mutate,
    "rest-json": json_structure.mutate,
    "query": form_structure.mutate,
    "ec2": form_structure.mutate,
    "rest-xml": xml_structure.mutate,
    "smithy-rpc-v2-cbor": cbor_structure.mutate,
}


@dataclass(frozen=True)
class Mutated:
    """`is_broken`: the bytes may be no request, and the connection may end without an answer."""

    what: str
    data: bytes
    is_head: bool
    is_broken: bool


def mutated(seed, number, host, keys: Keys):
    chance = random.Random(f"{seed}/{number}")
    if chance.random() < 0.04:
        call = chance.choice(uploads.KINDS)(host, keys, chance)
        return Mutated("an upload", call.encoded(), False, False)
    signing, protocol, what, call = a_sample(chance)
    call = replace(call, headers=(("Host", host), *call.headers))
    if chance.random() < 0.75:
        body = STRUCTURES[protocol] if chance.random() < 0.7 else chance.choice(bytes_and_tokens.ANY)
        if call.body or protocol != "rest-xml" or chance.random() < 0.2:
            call = replace(call, body=body(call.body, chance))
    kinds = heads.KINDS if chance.random() < 0.8 else heads.RARE
    if chance.random() < (0.8 if protocol.startswith("rest") else 0.15):
        call = chance.choice(kinds)(call, chance)
    # One call as long as a mebibyte costs as much as thousands; one in some thousands may.
    if len(call.body) > 300_000 and chance.random() < 0.9:
        call = replace(call, body=call.body[:300_000])
    signed = _signed(call, Scope(keys, signing), chance)
    data = signed.encoded()
    is_broken = chance.random() < 0.04
    if is_broken:
        data = chance.choice(framing.KINDS)(data, chance)
    return Mutated(what, data, signed.method == "HEAD", is_broken or _may_end_early(signed))


def _may_end_early(call):
    """Heads beyond the server's limit, or that are no HTTP, end the connection."""
    return len(call.target) > 6000 or len(call.headers) > 400 or any(len(value) > 6000 for _, value in call.headers)


def _signed(call, scope, chance):
    if chance.random() < 0.06 and scope.service != "monitoring":
        return sign_query(call, scope)
    is_s3 = scope.service == "s3"
    return sign_header(call, replace(scope, payload=UNSIGNED) if is_s3 and chance.random() < 0.1 else scope)
