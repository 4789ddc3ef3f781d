"""Files of a channel as xgboost.DMatrix."""

from pathlib import Path

import xgboost

from images.kit.container import Channel
from images.xgboost.train import read_channel


def get_dmatrix(data_path, content_type, csv_weights=0, is_pipe=False):
    """DMatrix of the files in a folder, labels first; None if the folder is not there.

    Raises UserError that names the file and line that cannot be read.
    """
    path = Path(data_path)
    if not path.exists():
        return None
    channel = Channel(path.name, path, content_type, "Pipe" if is_pipe else "File")
    rows = read_channel(channel, csv_weights == 1)
    return xgboost.DMatrix(rows.features, label=rows.labels, weight=rows.weights, qid=rows.groups)
