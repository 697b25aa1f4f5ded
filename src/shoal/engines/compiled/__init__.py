"""The compiled module, and architectures as it takes them: by name."""


class StaleModuleError(ImportError):
    """The compiled module was built from other sources than the package around it."""
