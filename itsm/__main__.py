"""`python -m itsm`."""

from itsm.cli.main import main

if __name__ == "__main__":
    main()
