"""Models for other runtimes: ONNX, and weights for PyTorch."""
