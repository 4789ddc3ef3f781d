"""Files of a channel as xgboost.DMatrix."""

from pathlib import Path

import xgboost

from images.kit.container import Channel
from images.kit.errors import UserError
from images.xgboost.channels import read_channel
from images.xgboost.rows import Rows


def get_dmatrix(data_path, content_type, csv_weights=0, is_pipe=False):
    """DMatrix of the files in a folder, labels first; None if the folder is not there.

    Raises UserError that names the file and line that cannot be read, and if there is no row.
    """
    path = Path(data_path)
    if not path.exists():
        return None
    mode = "Pipe" if is_pipe else "File"
    channel = Channel(path.name, path, content_type, mode, distribution="FullyReplicated", record_wrapper="None")
    data = read_channel(channel, csv_weights == 1)
    if not data.parts:
        raise UserError(f"No data in {path}: its files hold no row.")
    rows = Rows.concatenate(list(data.parts))
    return xgboost.DMatrix(rows.features, label=rows.labels, weight=rows.weights, qid=rows.groups)
