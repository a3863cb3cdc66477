"""Prints how fast PyTorch does the training step of a preset, to be read beside `swav benchmark`.

    pip install torch==2.13.0 && python pytorch_step.py cifar10 --precision=bfloat16

The same crops, network, loss and batch, fed from memory; Adam, or plain SGD where the preset has
LARC. The layout is channels last, which is PyTorch's fastest, unless --contiguous is given.
"""

import argparse
import json
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

PRESETS = Path(__file__).parents[4] / "model/src/main/resources/io/swavbeam/model/config"
WARM_UP = 10


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
    for code_view in config["codeViews"]:
        q = codes(views_scores[code_view], config["epsilon"], config["sinkhornIterations"])
        terms += [
            -(q * log_probabilities[view]).sum(1).mean() for view in range(views) if view != code_view
        ]
    return torch.stack(terms).mean()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("preset")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--batchSize", type=int)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--contiguous", action="store_true")
    options = parser.parse_args()
    preset = json.loads((PRESETS / f"{options.preset}.json").read_text())
    batch = options.batchSize or preset["batchSize"]
    layout = torch.contiguous_format if options.contiguous else torch.channels_last
    device = torch.device(options.device)

    torch.manual_seed(1)
    torch.backends.cudnn.benchmark = True
    model = Swav(preset["network"]).to(device, memory_format=layout)
    rate = preset["optimizer"]["learningRate"]
    if preset["optimizer"]["algorithm"] == "larc":
        optimizer = torch.optim.SGD(model.parameters(), rate, momentum=0.9)
    else:
        optimizer = torch.optim.Adam(model.parameters(), rate)
    groups = [
        torch.randn(crop["count"] * batch, 3, crop["size"], crop["size"]).to(device, memory_format=layout)
        for crop in preset["crops"]
    ]
    views = sum(crop["count"] for crop in preset["crops"])

    def step():
        with torch.no_grad():
            model.prototypes.weight.copy_(F.normalize(model.prototypes.weight, dim=1))
        with torch.autocast(device.type, torch.bfloat16, enabled=options.precision == "bfloat16"):
            scores = model(groups)
        loss = loss_of(scores, views, preset["loss"])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()  # waits for the device

    for _ in range(WARM_UP):
        step()
    start = time.perf_counter()
    for _ in range(options.steps):
        step()
    speed = options.steps * batch / (time.perf_counter() - start)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{torch.get_num_threads()} threads"
    print(
        f"PyTorch {torch.__version__}, {options.preset}, batch {batch}, {options.precision},"
        f" {'contiguous' if options.contiguous else 'channels last'}, on {device.type} ({name}):"
        f" {speed:.1f} images/s"
    )


if __name__ == "__main__":
    main()
