"""The errors of this room: something about the model or the machine stands in the way."""


class ModelError(Exception):
    """A model can't be loaded or can't write the rows asked for.

    `what` says what is wrong, `where` names the model, folder, file or device, and `fix` says what
    to change. The three are plain sentences or names, fit to show as they are.
    """

    def __init__(self, what: str, *, where: str, fix: str) -> None:
        super().__init__(f"{what} ({where}). {fix}")
        self.what = what
        self.where = where
        self.fix = fix


class OutOfMemoryError(ModelError):
    """The model or its rows don't fit into memory; fewer rows at once might."""


def say_missing_extra(package: str) -> ModelError:
    """Return the error for an installation without the packages that generation needs."""
    return ModelError(
        f"Generating rows needs the package {package}, which is not installed",
        where="this Python installation",
        fix="Install it with: pip install 'synllm[generate]'",
    )


def first_line(error: BaseException) -> str:
    """Return the first non-empty line of an error's text, or the error's kind when it has none."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__
