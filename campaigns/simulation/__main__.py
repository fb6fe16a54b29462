"""`python -m campaigns.simulation`: run all of it, and write the page and its picture."""

from .figures import every
from .page import PAGE, write

if __name__ == "__main__":
    write(every())
    print(PAGE)
