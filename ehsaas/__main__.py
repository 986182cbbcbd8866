"""`python -m ehsaas`: the same as the command `ehsaas`."""

from ehsaas.cli import main

if __name__ == "__main__":
    main()
