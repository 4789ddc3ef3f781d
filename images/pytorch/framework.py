"""What PyTorch adds to script mode; defaults as in aws/sagemaker-pytorch-inference-toolkit.

torch is imported when a model is served: a script imports it by itself.
"""

from pathlib import Path

from images.kit.errors import UserError
from images.kit.script import codecs
from images.kit.script.framework import Framework
from images.kit.script.handlers import Defaults

MODEL_FILE = "model.pt"


class PyTorchDefaults(Defaults):
    """A model is a torch.nn.Module."""

    def model_fn(self, model_dir):
        """A TorchScript model: model.pt, else the only .pt or .pth file. Raises UserError if there is none."""
        import torch

        folder = Path(model_dir)
        files = [folder / MODEL_FILE]
        if not files[0].is_file():
            files = sorted(path for path in folder.iterdir() if path.suffix in (".pt", ".pth"))
        if len(files) != 1:
            found = ", ".join(path.name for path in files) or "none"
            raise UserError(
                "The script defines no model_fn(model_dir), and without it exactly one .pth or .pt file with a "
                f"TorchScript model is needed; found {found}."
            )
        try:
            return torch.jit.load(files[0], map_location=_device())
        except RuntimeError as error:
            raise UserError(
                f"{files[0].name} is no TorchScript model ({str(error).splitlines()[0]}); save it with "
                "torch.jit.script, or define model_fn(model_dir) in the script."
            ) from error

    def input_fn(self, body, content_type):
        """torch.Tensor of a JSON, CSV or NPY body; float32 if it came as text."""
        import torch

        array = codecs.decode(body, content_type)
        is_text = codecs.kind_of(content_type) in codecs.TEXTS
        tensor = torch.tensor(array, dtype=torch.float32) if is_text else torch.from_numpy(array)
        return tensor.to(_device())

    def predict_fn(self, data, model):
        """model(data), without gradients."""
        import torch

        model = model.to(_device())
        model.eval()
        with torch.no_grad():
            return model(data)

    def output_fn(self, prediction, accept):
        """As the kit's, of a tensor."""
        if hasattr(prediction, "detach"):
            prediction = prediction.detach().cpu().numpy()
        return super().output_fn(prediction, accept)


def _device():
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


FRAMEWORK = Framework(
    name="PyTorch",
    distribution="torch",
    module="sagemaker_pytorch_container.training:main",
    defaults=PyTorchDefaults(),
)
