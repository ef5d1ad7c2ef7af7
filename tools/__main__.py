"""`python -m tools`: build every program that is not there, and say which cannot be had."""

from tools.programs import PACKAGES, UnavailableError, build


def main() -> None:
    """Build one after the other. What fails is told and skipped: so are its tests, by name."""
    for program in PACKAGES:
        print(f"{program}: ", end="", flush=True)
        try:
            print(build(program))
        except UnavailableError as error:
            print(f"cannot be had: {error}")


if __name__ == "__main__":
    main()
