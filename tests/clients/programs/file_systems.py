"""Buckets as folders: s3fs, and Arrow's own file system on the SDK for C++. Arguments: an empty bucket. Prints JSON."""

import json
import os
import sys

import pyarrow
import pyarrow.dataset
import s3fs
from pyarrow import fs, parquet

bucket = sys.argv[1]
LARGE = bytes(range(256)) * (12 * 4096)
table = pyarrow.table({"id": range(1000), "group": [f"g{number % 3}" for number in range(1000)]})


def refusal(call):
    try:
        call()
    except OSError as error:
        return type(error).__name__


def dataset(filesystem, folder):
    """Writes the table in partitions, reads one of them; gives its rows and the sum of their ids."""
    pyarrow.dataset.write_dataset(
        table, folder, filesystem=filesystem, format="parquet", partitioning=["group"], max_rows_per_group=100
    )
    whole = pyarrow.dataset.dataset(folder, filesystem=filesystem, partitioning=["group"])
    part = whole.to_table(filter=pyarrow.dataset.field("group") == "g1")
    return [whole.count_rows(), part.num_rows, sum(part["id"].to_pylist())]


def with_s3fs():
    files = s3fs.S3FileSystem(default_block_size=5 * 2**20)
    root = f"{bucket}/s3fs"
    files.pipe(f"{root}/a/one.txt", b"one")
    files.pipe({f"{root}/a/b/two words+ü.txt": b"two", f"{root}/a/b/3.csv": b"x,y\n1,2\n"})
    with files.open(f"{root}/large", "wb") as file:
        file.write(LARGE)
    with files.open(f"{root}/large", "rb") as file:
        file.seek(2**20 + 1)
        middle = file.read(3)
    # What is there already becomes the first part, copied by the server.
    with files.open(f"{root}/large", "ab") as file:
        file.write(b"more")
    files.copy(f"{root}/a/one.txt", f"{root}/a/copy.txt")
    files.mv(f"{root}/a/b/3.csv", f"{root}/a/moved.csv")
    with files.open(f"{root}/a/lines.txt", "w") as file:
        file.write("first\nsecond\n")
    parquet.write_table(table, f"{root}/one.parquet", filesystem=files)
    found = {
        "list": sorted(path.removeprefix(root) for path in files.ls(f"{root}/a")),
        "glob": sorted(path.removeprefix(root) for path in files.glob(f"{root}/**/*.txt")),
        "text": files.cat(f"{root}/a/b/two words+ü.txt").decode(),
        "lines": files.open(f"{root}/a/lines.txt", "r").readlines(),
        "large": [middle == LARGE[1:4], files.cat(f"{root}/large") == LARGE + b"more"],
        "range": files.cat_file(f"{root}/a/one.txt", start=1, end=2).decode(),
        "moved": [files.exists(f"{root}/a/b/3.csv"), files.exists(f"{root}/a/moved.csv")],
        "parquet": parquet.read_table(f"{root}/one.parquet", filesystem=files).equals(table),
        "dataset": dataset(files, f"{root}/parts"),
        "none": refusal(lambda: files.cat(f"{root}/none")),
        "no bucket": refusal(lambda: files.ls(f"{bucket}-none")),
    }
    files.rm(root, recursive=True)
    return {**found, "left": files.find(bucket)}


def with_arrow():
    # The class, unlike addresses of files (below), does not read the variable.
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    files = fs.S3FileSystem(endpoint_override=endpoint, allow_bucket_creation=True, allow_bucket_deletion=True)
    root = f"{bucket}/arrow"
    files.create_dir(f"{root}/folder")
    with files.open_output_stream(f"{root}/folder/large", metadata={"Content-Type": "x/y"}) as stream:
        stream.write(LARGE)
    with files.open_input_file(f"{root}/folder/large") as file:
        back, middle = file.readall(), file.read_at(3, 2**20 + 1)
    files.copy_file(f"{root}/folder/large", f"{root}/copy")
    files.move(f"{root}/copy", f"{root}/moved ü+")
    parquet.write_table(table, f"{root}/one.parquet", filesystem=files)
    kinds = {fs.FileType.File: "file", fs.FileType.Directory: "folder", fs.FileType.NotFound: "none"}
    names = ["folder", "folder/large", "none"]
    listing = files.get_file_info(fs.FileSelector(root, recursive=True))
    files.create_dir(f"{bucket}-arrow")
    files.delete_dir(f"{bucket}-arrow")
    found = {
        "list": sorted([info.path.removeprefix(root), kinds[info.type]] for info in listing),
        "info": [kinds[info.type] for info in files.get_file_info([f"{root}/{name}" for name in names])],
        "large": [back == LARGE, middle == LARGE[1:4]],
        "parquet": parquet.read_table(f"{root}/one.parquet", filesystem=files).equals(table),
        "by address": parquet.read_table(f"s3://{root}/one.parquet").equals(table),
        "dataset": dataset(files, f"{root}/parts"),
        "none": refusal(lambda: files.open_input_file(f"{root}/none")),
        "no bucket": refusal(lambda: files.open_input_file(f"{bucket}-none/k")),
    }
    files.delete_dir(root)
    left = files.get_file_info(fs.FileSelector(bucket, recursive=True))
    return {**found, "left": [info.path for info in left]}


print(json.dumps({"s3fs": with_s3fs(), "arrow": with_arrow()}))
