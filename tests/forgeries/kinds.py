"""All kinds of forgery: each makes of a valid signed request a forged one, or None where it has no meaning."""

import kinds_of_bodies
import kinds_of_forms
import kinds_of_keys
import kinds_of_requests
import kinds_of_signatures

KINDS = {
    **kinds_of_keys.KINDS,
    **kinds_of_requests.KINDS,
    **kinds_of_signatures.KINDS,
    **kinds_of_bodies.KINDS,
    **kinds_of_forms.KINDS,
}
