"""Makes the reference values beside this file, with PyTorch, from the formulas of the paper.

    pip install torch numpy
    python parity.py

SwAV (Caron et al. 2020, arXiv:2006.09882): section 3 for the objective, appendix A for the queue, the
frozen prototypes and LARC. All is computed in float64, so that the values are good to float32's last
digits. The networks are those of the reference implementation at a small width.
"""

import json
import math
import struct
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

HERE = Path(__file__).parent
MEAN = [0.4914, 0.4822, 0.4465]
STD = [0.2023, 0.1994, 0.2010]
torch.set_default_dtype(torch.float64)
description = {}


def write(name, tensors):
    """A safetensors file: length of the header, header, data."""
    header, data = {}, b""
    for key, value in tensors.items():
        array = value.detach().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
        kind = "U8" if array.dtype == np.uint8 else "F32"
        raw = np.ascontiguousarray(array if kind == "U8" else array.astype("<f4")).tobytes()
        header[key] = {
            "dtype": kind,
            "shape": list(array.shape) or [1],
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header).encode()
    (HERE / f"{name}.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)


def sinkhorn(scores, epsilon, iterations):
    """Codes of a batch, equation 3: rows of Q are prototypes, in the log domain."""
    log_q = (scores / epsilon).T
    prototypes, batch = log_q.shape
    for _ in range(iterations):
        log_q = log_q - torch.logsumexp(log_q, dim=1, keepdim=True) - math.log(prototypes)
        log_q = log_q - torch.logsumexp(log_q, dim=0, keepdim=True) - math.log(batch)
    return (log_q + math.log(batch)).exp().T


def swapped_prediction(scores, views, batch, code_views, epsilon, iterations, temperature, queue=None):
    """Equation 2: each chosen view's codes are predicted from every other view."""
    loss = 0
    for i, view in enumerate(code_views):
        with torch.no_grad():
            own = scores[view * batch : (view + 1) * batch]
            if queue is not None:
                own = torch.cat([queue[i], own])
            codes = sinkhorn(own, epsilon, iterations)[-batch:]
        others = [v for v in range(views) if v != view]
        for other in others:
            logits = scores[other * batch : (other + 1) * batch] / temperature
            loss = loss - (codes * functional.log_softmax(logits, dim=1)).sum(1).mean() / len(others)
    return loss / len(code_views)


def unit(x):
    return functional.normalize(x, dim=1)


def as_float32(module):
    """The values that can be written."""
    with torch.no_grad():
        for tensor in module.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(tensor.float().double())


class Swav(nn.Module):
    def __init__(self, backbone, features, hidden, dim, prototypes):
        super().__init__()
        self.backbone = backbone
        self.projection_head = nn.Sequential(
            nn.Linear(features, hidden),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Linear(hidden, dim),
        )
        self.prototypes = nn.Linear(dim, prototypes, bias=False)
        self.normalize_prototypes()
        as_float32(self)

    def normalize_prototypes(self):
        with torch.no_grad():
            self.prototypes.weight.copy_(unit(self.prototypes.weight))

    def forward(self, groups):
        features = torch.cat([self.backbone(pixels(group)) for group in groups])
        z = unit(self.projection_head(features))
        return features, z, self.prototypes(z)

    def tensors(self, prefix, flat_backbone=False):
        values = {}
        for name, value in self.state_dict().items():
            if "num_batches" not in name:
                values[prefix + (name.removeprefix("backbone.") if flat_backbone else name)] = value
        return values


def pixels(images):
    x = torch.from_numpy(images.astype(np.float64)) / 255
    return ((x - torch.tensor(MEAN)) / torch.tensor(STD)).permute(0, 3, 1, 2)


def four_conv(width):
    layers, channels = [], 3
    for block in range(4):
        out = width * 2**block
        layers += [
            nn.Conv2d(channels, out, 3, stride=1 if block == 0 else 2, padding=1),
            nn.BatchNorm2d(out),
            nn.ReLU(),
        ]
        channels = out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), channels


class Block(nn.Module):
    """A residual block, basic or with a bottleneck, whose stride is at its 3x3 convolution."""

    def __init__(self, channels, planes, stride, expansion):
        super().__init__()
        out = planes * expansion
        if expansion == 1:
            sizes = [(channels, planes, 3, stride), (planes, planes, 3, 1)]
        else:
            sizes = [(channels, planes, 1, 1), (planes, planes, 3, stride), (planes, out, 1, 1)]
        self.count = len(sizes)
        for i, (a, b, size, by) in enumerate(sizes, 1):
            setattr(self, f"conv{i}", nn.Conv2d(a, b, size, by, size // 2, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(b))
        self.downsample = None
        if stride != 1 or channels != out:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out)
            )

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            y = functional.relu(y) if i < self.count else y
        return functional.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, layers, width, expansion):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        channels = width
        for stage, count in enumerate(layers):
            planes = width * 2**stage
            blocks = []
            for i in range(count):
                blocks.append(
                    Block(channels, planes, 2 if stage > 0 and i == 0 else 1, expansion)
                )
                channels = planes * expansion
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.features = channels

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for stage in range(1, 5):
            x = getattr(self, f"layer{stage}")(x)
        return x.mean(dim=(2, 3))


def crops(random, batch, sizes, counts):
    """Smooth noise, view-major: all images of the first view, then those of the second."""
    groups = []
    for size, count in zip(sizes, counts):
        coarse = random.integers(0, 256, (count * batch, 4, 4, 3)).astype(np.float64)
        fine = functional.interpolate(
            torch.from_numpy(coarse).permute(0, 3, 1, 2), size, mode="bilinear"
        )
        noise = random.integers(-20, 21, (count * batch, size, size, 3))
        images = fine.permute(0, 2, 3, 1).numpy() + noise
        groups.append(np.clip(images.round(), 0, 255).astype(np.uint8))
    return groups


def make_sinkhorn():
    torch.manual_seed(1)
    tensors, cases = {}, []
    for name, batch, prototypes, epsilon, iterations in [
        ("small", 16, 10, 0.05, 3),
        ("wide", 8, 60, 0.05, 3),
        ("tall", 64, 6, 0.05, 3),
        ("cold", 16, 16, 0.03, 3),
        ("many", 16, 8, 0.05, 10),
        ("extreme", 16, 8, 0.01, 3),
    ]:
        scores = (unit(torch.randn(batch, 16)) @ unit(torch.randn(prototypes, 16)).T).float().double()
        tensors[name + ".scores"] = scores
        tensors[name + ".codes"] = sinkhorn(scores, epsilon, iterations)
        cases.append({"name": name, "epsilon": epsilon, "iterations": iterations})
    write("sinkhorn", tensors)
    description["sinkhorn"] = cases


def make_loss():
    torch.manual_seed(2)
    tensors, cases = {}, []
    batch, prototypes, dim = 8, 20, 16
    for name, views, code_views, length in [
        ("two_global", 6, [0, 1], 0),
        ("queue", 6, [0, 1], 24),
        ("all_views", 4, [0, 1, 2, 3], 0),
    ]:
        z = unit(torch.randn(views * batch, dim)).float().double().requires_grad_()
        weight = unit(torch.randn(prototypes, dim)).float().double().requires_grad_()
        queue = None
        if length:
            stored = unit(torch.randn(2 * length, dim)).float().double().reshape(2, length, dim)
            tensors[name + ".queue"] = stored
            queue = stored @ weight.detach().T
        loss = swapped_prediction(z @ weight.T, views, batch, code_views, 0.05, 3, 0.1, queue)
        loss.backward()
        tensors |= {
            name + ".z": z,
            name + ".prototypes": weight,
            name + ".loss": loss.reshape(1),
            name + ".dz": z.grad,
            name + ".dprototypes": weight.grad,
        }
        cases.append(
            {
                "name": name,
                "batch": batch,
                "views": views,
                "prototypes": prototypes,
                "code_views": code_views,
                "queue_length": length,
                "epsilon": 0.05,
                "iterations": 3,
                "temperature": 0.1,
            }
        )
    write("loss", tensors)
    description["loss"] = cases


FOUR_CONV = {
    "batch": 8,
    "prototypes": 12,
    "width": 6,
    "hidden_mlp": 32,
    "output_dim": 16,
    "crop_sizes": [16, 12],
    "crop_counts": [2, 4],
}


def small_network():
    backbone, features = four_conv(FOUR_CONV["width"])
    return Swav(
        backbone, features, FOUR_CONV["hidden_mlp"], FOUR_CONV["output_dim"], FOUR_CONV["prototypes"]
    )


def step_crops(random):
    return crops(
        random, FOUR_CONV["batch"], FOUR_CONV["crop_sizes"], FOUR_CONV["crop_counts"]
    )


def loss_of(scores, code_views, queue=None):
    return swapped_prediction(scores, 6, FOUR_CONV["batch"], code_views, 0.05, 3, 0.1, queue)


def make_four_conv_step():
    torch.manual_seed(3)
    random = np.random.default_rng(3)
    network = small_network()
    groups = step_crops(random)
    tensors = {k: v.clone() for k, v in network.tensors("param.").items()}
    _, z, scores = network(groups)
    loss = loss_of(scores, [0, 1])
    loss.backward()
    tensors |= {"crops.global": groups[0], "crops.local": groups[1]}
    tensors |= {"z": z, "scores": scores, "loss": loss.reshape(1)}
    tensors |= {"grad." + name: value.grad for name, value in network.named_parameters()}
    tensors |= {
        "after." + name: value for name, value in network.state_dict().items() if "running" in name
    }
    network.eval()
    features, z, _ = network(groups[:1])
    tensors |= {"eval.features": features, "eval.z": z}
    write("four_conv_step", tensors)
    description["four_conv_step"] = FOUR_CONV | {"code_views": [0, 1]}


def trajectory(name, network, random, rates, code_views, update, queue_from=None, length=0):
    tensors = {k: v.clone() for k, v in network.tensors("param.").items()}
    losses = []
    queue = None
    for step, rate in enumerate(rates):
        if queue_from is not None and step == queue_from:
            queue = torch.zeros(len(code_views), length, FOUR_CONV["output_dim"])
        groups = step_crops(random)
        tensors |= {f"step{step}.global": groups[0], f"step{step}.local": groups[1]}
        if name == "trajectory_lars":
            network.normalize_prototypes()
        network.zero_grad()
        _, z, scores = network(groups)
        stored = None
        if queue is not None and bool(queue[0, -1].any()):
            stored = queue @ network.prototypes.weight.detach().T
        loss = loss_of(scores, code_views, stored)
        loss.backward()
        if queue is not None:
            batch = FOUR_CONV["batch"]
            for i, view in enumerate(code_views):
                own = z[view * batch : (view + 1) * batch].detach()
                queue[i] = torch.cat([own, queue[i, :-batch]])
        update(step, rate)
        losses.append(loss.item())
    tensors["losses"] = np.array(losses)
    tensors["final.conv1"] = network.backbone[0].weight
    tensors["final.prototypes"] = network.prototypes.weight
    tensors["final.running_var4"] = network.backbone[10].running_var
    write(name, tensors)


def make_adam():
    torch.manual_seed(4)
    network = small_network()
    steps, decay, clip = 12, 1e-4, 1.0
    rates = [0.001 * 0.5 * (1 + math.cos(math.pi * t / steps)) for t in range(steps)]
    adam = torch.optim.Adam(network.parameters(), weight_decay=decay)

    def update(step, rate):
        nn.utils.clip_grad_norm_(network.parameters(), clip)
        adam.param_groups[0]["lr"] = rate
        adam.step()
        network.normalize_prototypes()

    views = list(range(6))
    trajectory("trajectory_adam", network, np.random.default_rng(4), rates, views, update)
    description["trajectory_adam"] = FOUR_CONV | {
        "steps": steps,
        "lr": rates,
        "weight_decay": decay,
        "clip_global_norm": clip,
        "code_views": views,
    }


def make_larc():
    torch.manual_seed(5)
    network = small_network()
    steps, warmup, base, final, decay, freeze, length, begin = 12, 3, 0.6, 0.0006, 1e-6, 2, 16, 6
    rates = [base * t / (warmup - 1) for t in range(warmup)] + [
        final + 0.5 * (base - final) * (1 + math.cos(math.pi * t / (steps - warmup)))
        for t in range(steps - warmup)
    ]
    momentum = {}

    def update(step, rate):
        with torch.no_grad():
            for name, weight in network.named_parameters():
                if name == "prototypes.weight" and step < freeze:
                    continue
                gradient = weight.grad
                norms = weight.norm(), gradient.norm()
                if norms[0] != 0 and norms[1] != 0:
                    local = 0.001 * norms[0] / (norms[1] + norms[0] * decay + 1e-8)
                    gradient = (gradient + decay * weight) * local
                momentum[name] = 0.9 * momentum.get(name, 0) + gradient
                weight -= rate * momentum[name]

    trajectory(
        "trajectory_lars", network, np.random.default_rng(5), rates, [0, 1], update, begin, length
    )
    description["trajectory_lars"] = FOUR_CONV | {
        "steps": steps,
        "lr": rates,
        "weight_decay": decay,
        "freeze_prototypes_steps": freeze,
        "queue_length": length,
        "queue_from_step": begin,
        "code_views": [0, 1],
    }


def make_resnet(name, layers, expansion, width):
    torch.manual_seed(6)
    random = np.random.default_rng(6)
    backbone = ResNet(layers, width, expansion)
    with torch.no_grad():
        for module in backbone.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.uniform_(-0.2, 0.2)
                module.running_mean.uniform_(-0.2, 0.2)
                module.running_var.uniform_(0.5, 1.5)
    network = Swav(backbone, backbone.features, 32, 16, 12)
    sizes, counts = [48, 32], [2, 2]
    groups = crops(random, 4, sizes, counts)
    tensors = {k: v.clone() for k, v in network.tensors("param.", flat_backbone=True).items()}
    tensors |= {"crops.global": groups[0], "crops.local": groups[1]}
    network.eval()
    features, z, scores = network(groups[:1])
    tensors |= {"eval.features": features, "eval.z": z, "eval.scores": scores}
    network.train()
    _, z, scores = network(groups)
    tensors |= {"train.z": z, "train.scores": scores}
    write(name, tensors)
    description[name] = {
        "layers": layers,
        "stage_planes": [width * 2**stage for stage in range(4)],
        "expansion": expansion,
        "hidden_mlp": 32,
        "output_dim": 16,
        "prototypes": 12,
        "crop_sizes": sizes,
        "crop_counts": counts,
    }


make_sinkhorn()
make_loss()
make_four_conv_step()
make_adam()
make_larc()
make_resnet("resnet18_quarter", [2, 2, 2, 2], 1, 4)
make_resnet("resnet50_quarter", [3, 4, 6, 3], 4, 3)
(HERE / "parity.json").write_text(json.dumps(description, indent=1) + "\n")
