"""neural-style-pt, run from a copy of its checkout with random weights: only its time is asked for."""

import shutil
import tempfile
from pathlib import Path

from benchmarks.measure import python, run

# Its VGG-19, saved as it wants to load it. The classifier behind the features is not used, and not made.
WEIGHTS = """
import sys, torch
from CaffeLoader import buildSequential, channel_list
torch.manual_seed(0)
features = buildSequential(channel_list["VGG-19"], "max")
torch.save({f"features.{name}": value for name, value in features.state_dict().items()}, sys.argv[1])
"""

# What it uses of torchvision, for interpreters without it; none of it is in the iterations that are timed.
TRANSFORMS = """
import numpy, torch
from PIL import Image
class Compose:
    def __init__(self, steps): self.steps = steps
    def __call__(self, x):
        for step in self.steps: x = step(x)
        return x
class Resize:
    def __init__(self, size): self.size = size
    def __call__(self, image):
        size = self.size
        if isinstance(size, int):
            scale = size / min(image.size)
            size = (round(image.height * scale), round(image.width * scale))
        return image.resize((size[1], size[0]), Image.BILINEAR)
class ToTensor:
    def __call__(self, image): return torch.tensor(numpy.asarray(image)).permute(2, 0, 1).float() / 255
class Lambda:
    def __init__(self, function): self.function = function
    def __call__(self, x): return self.function(x)
class Normalize:
    def __init__(self, mean, std): self.mean, self.std = torch.tensor(mean), torch.tensor(std)
    def __call__(self, x): return (x - self.mean[:, None, None]) / self.std[:, None, None]
class ToPILImage:
    def __call__(self, x): return Image.fromarray((x.clamp(0, 1) * 255).byte().permute(1, 2, 0).numpy())
"""

FEW, MORE = 2, 8


def seconds_per_iteration(checkout: Path, photo: Path, painting: Path, interpreter: str) -> float:
    """Of its default optimiser, L-BFGS, and its default layers at 512 px, from the difference of two runs."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "peer"
        copy.mkdir()
        for file in ("neural_style.py", "CaffeLoader.py"):
            shutil.copy(checkout / file, copy / file)
        if "no" in python("try: import torchvision\nexcept ImportError: print('no')", interpreter=interpreter).output:
            (copy / "torchvision").mkdir()
            (copy / "torchvision" / "__init__.py").touch()
            (copy / "torchvision" / "transforms.py").write_text(TRANSFORMS)
        weights = copy / "vgg19-random.pth"
        python(WEIGHTS, str(weights), interpreter=interpreter, cwd=copy)
        command = [
            interpreter, "neural_style.py", "-gpu", "c", "-backend", "mkl", "-disable_check", "-init", "image",
            "-image_size", "512", "-content_image", str(photo), "-style_image", str(painting), "-print_iter", "0",
            "-save_iter", "0", "-model_file", str(weights), "-num_iterations",
        ]  # fmt: skip
        few, more = (min(run([*command, str(n)], cwd=copy).seconds for _ in range(2)) for n in (FEW, MORE))
    return (more - few) / (MORE - FEW)
