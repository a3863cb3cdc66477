"""Measures PyTorch and torchvision with Pillow on what `swav benchmark` measures, for `--peer`.

    pip install torch torchvision pillow
    python pytorch.py step recipe.json --precision=bfloat16
    python pytorch.py crops recipe.json photos/
    python pytorch.py inference recipe.json
    python pytorch.py training recipe.json images.tar
    python pytorch.py embedding recipe.json images.tar

A recipe is a file like those below `model/src/main/resources`. The last line is the figure, images a
second. Tensors are channels last, which is PyTorch's fastest layout, unless --contiguous is given.
"""

import argparse
import io
import json
import random
import sys
import tarfile
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn


def convolution(inputs, outputs, kernel, stride, bias=False):
    return [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=bias),
        nn.BatchNorm2d(outputs),
    ]


class Block(nn.Module):
    """A residual block: two 3x3 convolutions, or a bottleneck."""

    def __init__(self, inputs, planes, stride, expansion):
        super().__init__()
        outputs = planes * expansion
        if expansion == 1:
            shapes = [(inputs, planes, 3, stride), (planes, outputs, 3, 1)]
        else:
            shapes = [(inputs, planes, 1, 1), (planes, planes, 3, stride), (planes, outputs, 1, 1)]
        layers = []
        for shape in shapes:
            layers += [*convolution(*shape), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers[:-1])
        self.shortcut = nn.Identity()
        if stride > 1 or inputs != outputs:
            self.shortcut = nn.Sequential(*convolution(inputs, outputs, 1, stride))

    def forward(self, x):
        return F.relu(self.shortcut(x) + self.layers(x))


def backbone(name, width):
    """The backbone and the number of its features."""
    layers, channels = [], 3
    if name == "four-conv":
        for i in range(4):
            planes = width << i
            layers += [*convolution(channels, planes, 3, 2 if i else 1, bias=True), nn.ReLU(inplace=True)]
            channels = planes
    else:
        small = name.endswith("-small-stem")
        depths, expansion = {"resnet18": ((2, 2, 2, 2), 1), "resnet50": ((3, 4, 6, 3), 4)}[
            name.removesuffix("-small-stem")
        ]
        layers += [*convolution(3, width, 3 if small else 7, 1 if small else 2), nn.ReLU(inplace=True)]
        if not small:
            layers.append(nn.MaxPool2d(3, 2, 1))
        channels = width
        for stage, depth in enumerate(depths):
            for i in range(depth):
                layers.append(Block(channels, width << stage, 2 if stage and not i else 1, expansion))
                channels = (width << stage) * expansion
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), channels


class Swav(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.backbone, features = backbone(config["backbone"], config["width"])
        self.head = nn.Sequential(
            nn.Linear(features, config["hiddenDim"]),
            nn.BatchNorm1d(config["hiddenDim"]),
            nn.ReLU(inplace=True),
            nn.Linear(config["hiddenDim"], config["projectionDim"]),
        )
        self.prototypes = nn.Linear(config["projectionDim"], config["prototypes"], bias=False)

    def forward(self, groups):
        features = torch.cat([self.backbone(group) for group in groups])
        return self.prototypes(F.normalize(self.head(features), dim=1))


@torch.no_grad()
def codes(scores, epsilon, iterations):
    q = torch.exp(scores / epsilon)
    q /= q.sum()
    for _ in range(iterations):
        q /= q.sum(0, keepdim=True) * q.shape[1]
        q /= q.sum(1, keepdim=True) * q.shape[0]
    return q * q.shape[0]


def loss_of(scores, views, config):
    views_scores = scores.float().chunk(views)
    log_probabilities = [F.log_softmax(s / config["temperature"], dim=1) for s in views_scores]
    terms = []
    for code_view in config["cropsForAssign"]:
        q = codes(views_scores[code_view], config["epsilon"], config["sinkhornIterations"])
        terms += [
            -(q * log_probabilities[view]).sum(1).mean() for view in range(views) if view != code_view
        ]
    return torch.stack(terms).mean()


def measure(images, work, count, warm_up):
    """Images a second of so many calls, after some to warm up."""
    for _ in range(warm_up):
        work()
    start = time.perf_counter()
    for _ in range(count):
        work()
    return count * images / (time.perf_counter() - start)


class Larc(torch.optim.SGD):
    """SGD with momentum inside LARC, as the reference code of SwAV has it, all norms in one go."""

    TRUST, EPSILON = 0.001, 1e-8

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            decay, group["weight_decay"] = group["weight_decay"], 0
            moved = [p for p in group["params"] if p.grad is not None]
            gradients = [p.grad for p in moved]
            norms = zip(torch._foreach_norm(moved), torch._foreach_norm(gradients))
            one = torch.ones((), device=moved[0].device)
            rates = [
                torch.where((w > 0) & (g > 0), self.TRUST * w / (g + decay * w + self.EPSILON), one)
                for w, g in norms
            ]
            torch._foreach_add_(gradients, moved, alpha=decay)
            torch._foreach_mul_(gradients, rates)
            super().step()
            group["weight_decay"] = decay


def stepper(recipe, options, device, layout):
    """A training step on groups of crops: Adam, or SGD inside LARC."""
    model = Swav(recipe["network"]).to(device, memory_format=layout)
    rate = recipe["optimizer"]["learningRate"]
    if recipe["optimizer"]["algorithm"] == "larc":
        decay = recipe["optimizer"]["weightDecay"]
        optimizer = Larc(model.parameters(), rate, momentum=0.9, weight_decay=decay)
    else:
        optimizer = torch.optim.Adam(model.parameters(), rate)
    views = sum(crop["count"] for crop in recipe["crops"])

    def one(groups):
        with torch.no_grad():
            model.prototypes.weight.copy_(F.normalize(model.prototypes.weight, dim=1))
        with torch.autocast(device.type, torch.bfloat16, enabled=options.precision == "bfloat16"):
            scores = model(groups)
        loss = loss_of(scores, views, recipe["loss"])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()  # waits for the device

    return one


def step(recipe, options, device, layout):
    """Training steps fed from memory."""
    batch = recipe["batchSize"]
    groups = [
        torch.randn(crop["count"] * batch, 3, crop["size"], crop["size"]).to(device, memory_format=layout)
        for crop in recipe["crops"]
    ]
    one = stepper(recipe, options, device, layout)
    return measure(batch, lambda: one(groups), options.steps, options.warm_up)


class Blur:
    """As the reference code of SwAV has it."""

    def __init__(self, probability):
        self.probability = probability

    def __call__(self, image):
        from PIL import ImageFilter

        if random.random() >= self.probability:
            return image
        return image.filter(ImageFilter.GaussianBlur(random.uniform(0.1, 2)))


class MultiCrop:
    """The crops of an image, by size."""

    def __init__(self, recipe):
        from torchvision import transforms

        augmentation = recipe["augmentation"]
        strength = augmentation["jitterStrength"]
        self.groups = []
        for crop in recipe["crops"]:
            transform = transforms.Compose(
                [
                    transforms.RandomResizedCrop(crop["size"], (crop["minScale"], crop["maxScale"])),
                    transforms.RandomHorizontalFlip(augmentation["flip"]),
                    transforms.RandomApply(
                        [transforms.ColorJitter(*3 * [0.8 * strength], 0.2 * strength)],
                        augmentation["jitter"],
                    ),
                    transforms.RandomGrayscale(augmentation["grey"]),
                    Blur(augmentation["blur"]),
                    transforms.PILToTensor(),
                ]
            )
            self.groups.append((crop["count"], transform))

    def __call__(self, image):
        return [torch.stack([transform(image) for _ in range(count)]) for count, transform in self.groups]


def crops(recipe, options, device, layout):
    """Decoding and multi-crop of the files of a folder, in one thread."""
    from PIL import Image

    torch.set_num_threads(1)
    multi_crop = MultiCrop(recipe)
    files = [path.read_bytes() for path in sorted(Path(options.images).iterdir())]

    def one():
        for file in files:
            multi_crop(Image.open(io.BytesIO(file)).convert("RGB"))

    one()
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < options.seconds:
        one()
        count += len(files)
    return count / (time.perf_counter() - start)


def network(recipe, options, device, layout):
    """Features and scores of a batch."""
    model = Swav(recipe["network"]).to(device, memory_format=layout).eval()

    @torch.inference_mode()
    def run(batch):
        with torch.autocast(device.type, torch.bfloat16, enabled=options.precision == "bfloat16"):
            return model([batch.to(device, memory_format=layout)]).float().softmax(1).max(1).indices.cpu()

    return run


def inference(recipe, options, device, layout):
    """The network alone, on pixels in memory."""
    run = network(recipe, options, device, layout)
    side = recipe["evaluation"]["imageSize"]
    batch = torch.randn(options.batch, 3, side, side).to(memory_format=layout)
    return measure(options.batch, lambda: run(batch), 5 * options.steps, options.warm_up)


class Archive(torch.utils.data.Dataset):
    """The images of a tar or of a folder."""

    def __init__(self, path, transform):
        self.path, self.file, self.transform = path, None, transform
        if Path(path).is_dir():
            self.members = [file for file in sorted(Path(path).rglob("*")) if file.is_file()]
        else:
            with tarfile.open(path) as tar:
                self.members = [(m.offset_data, m.size) for m in tar if m.isfile()]

    def __len__(self):
        return len(self.members)

    def __getitem__(self, index):
        from PIL import Image

        member = self.members[index]
        if isinstance(member, Path):
            data = member.read_bytes()
        else:
            self.file = self.file or open(self.path, "rb")
            self.file.seek(member[0])
            data = self.file.read(member[1])
        return self.transform(Image.open(io.BytesIO(data)).convert("RGB"))


def loader(recipe, options, transform, **more):
    """The usual one, with a worker for each processor."""
    archive = Archive(options.images, transform)
    return torch.utils.data.DataLoader(archive, num_workers=torch.get_num_threads(), **more)


def training(recipe, options, device, layout):
    """From files to weights, without the start."""
    one = stepper(recipe, options, device, layout)
    batches = loader(
        recipe, options, MultiCrop(recipe), batch_size=recipe["batchSize"], shuffle=True, drop_last=True
    )
    done, start = 0, 0
    while True:
        for batch in batches:
            # [batch, count, 3, size, size] to views one after the other.
            one(
                [
                    (group.transpose(0, 1).flatten(0, 1).float() / 255).to(device, memory_format=layout)
                    for group in batch
                ]
            )
            done += 1
            if done == options.warm_up:
                start = time.perf_counter()
            if done == options.warm_up + options.steps:
                return options.steps * recipe["batchSize"] / (time.perf_counter() - start)


def embedding(recipe, options, device, layout):
    """From files to features, start included; nothing is written."""
    from torchvision import transforms

    evaluation = recipe["evaluation"]
    view = transforms.Compose(
        [
            transforms.Resize(evaluation["resize"]),
            transforms.CenterCrop(evaluation["imageSize"]),
            transforms.ToTensor(),
        ]
    )
    run = network(recipe, options, device, layout)
    start = time.perf_counter()
    batches = loader(recipe, options, view, batch_size=options.batch)
    for batch in batches:
        run(batch)
    return len(batches.dataset) / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["step", "crops", "inference", "training", "embedding"])
    parser.add_argument("recipe")
    parser.add_argument("images", nargs="?")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--warm-up", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--contiguous", action="store_true")
    options = parser.parse_args()
    torch.manual_seed(1)
    torch.backends.cudnn.benchmark = True
    layout = torch.contiguous_format if options.contiguous else torch.channels_last
    recipe = json.loads(Path(options.recipe).read_text())
    speed = globals()[options.what](recipe, options, torch.device(options.device), layout)
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads", file=sys.stderr)
    print(f"{speed:.4f}")


if __name__ == "__main__":
    main()
