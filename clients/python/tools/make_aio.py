"""
Makes the modules of detent.aio whose requests are those of the synchronous client. `make_aio.py` writes them;
`make_aio.py --check` says whether they are what it would write.
"""

import re
import sys
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src" / "detent"
MADE = ["client.py", "migrations.py", "maps.py"]
HEAD = "# Made by tools/make_aio.py from {name}: change that, and run it.\n"

#: Methods that answer at once, since they only prepare something.
PLAIN = ["__init__", "worker"]


def made(name: str) -> str:
    text = (SOURCE / name).read_text("utf-8")
    text = re.sub(
        r"^    def (\w+)\(",
        lambda match: match[0] if match[1] in PLAIN else "    async" + match[0][3:],
        text,
        flags=re.MULTILINE,
    )
    text = re.sub(r"(self\._(?:call|call_at|ask|ask_each|ask_servers|partitions|primary|servers|ranges|each)\(|self\._redis\.(?:execute_command|nodes_manager\.initialize)\()", r"await \1", text)
    text = re.sub(r"(self\.(?:get|outcome|outcomes|pending|next|_stream_keys)\()", r"await \1", text)
    text = re.sub(r"for (.+) in (self\._steps\(|Changes\()", r"async for \1 in \2", text)
    text = text.replace("Iterator", "AsyncIterator")
    text = text.replace("time.sleep(", "await asyncio.sleep(").replace("import time\n", "import asyncio\n")
    text = text.replace("from redis import Redis", "from redis.asyncio import Redis")
    text = re.sub(r"from \. import", "from .. import", text)
    text = re.sub(r"from \.(_words|_partitions|errors) import", r"from ..\1 import", text)
    return HEAD.format(name=name) + text


def main() -> int:
    stale = []
    for name in MADE:
        path = SOURCE / "aio" / name
        if "--check" not in sys.argv:
            path.write_text(made(name), "utf-8")
        elif path.read_text("utf-8") != made(name):
            stale.append(str(path))
    for path in stale:
        print(f"{path} is not what tools/make_aio.py makes")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
