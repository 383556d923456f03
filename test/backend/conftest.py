import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(os.environ["HAGANE_BUILD"], "python")))
