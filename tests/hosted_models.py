"""Variants and archives of models, as tests of endpoints need them."""

import io
import tarfile


def a_variant(name, model, weight=1, instances=1):
    return {
        "VariantName": name,
        "ModelName": model,
        "InitialInstanceCount": instances,
        "InstanceType": "ml.t2.medium",
        "InitialVariantWeight": weight,
    }


def an_archive(**files):
    """A tar.gz with the named contents; a value that is a TarInfo is added as it is."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
                continue
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def a_link(name, target):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, target
    return entry


def a_huge_file(name):
    """Says that it has 32 TiB."""
    entry = tarfile.TarInfo(name)
    entry.size = 2**45
    return entry
