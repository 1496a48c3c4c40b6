"""``python -m fairway`` and the console script."""

from fairway.cli import main

if __name__ == "__main__":
    main()
