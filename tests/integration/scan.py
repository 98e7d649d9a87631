#!/usr/bin/env python3
"""scan.py tcp ADDRESS [SECONDS]: prints the TCP ports of ADDRESS that accept a connection, of all 65535.
scan.py udp ADDRESS PORT…: sends one datagram to each port and prints those that answered."""
import asyncio, socket, sys

async def tcp(address, wait):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    gate, found = asyncio.Semaphore(4000), []

    async def try_port(port):
        async with gate:
            one = socket.socket(family, socket.SOCK_STREAM)
            one.setblocking(False)
            try:
                await asyncio.wait_for(asyncio.get_running_loop().sock_connect(one, (address, port)), wait)
                found.append(port)
            except (OSError, asyncio.TimeoutError):
                pass
            finally:
                one.close()
    await asyncio.gather(*(try_port(port) for port in range(1, 65536)))
    return sorted(found)

def udp(address, ports):
    found = []
    for port in ports:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.settimeout(0.5)
            # a question that a resolver understands: hiebox.local, type A
            one.sendto(b"\x12\x34\0\0\0\1\0\0\0\0\0\0\6hiebox\5local\0\0\1\0\1", (address, port))
            try:
                one.recvfrom(2048)
                found.append(port)
            except OSError:
                pass
    return found

if sys.argv[1] == "tcp":
    answer = asyncio.run(tcp(sys.argv[2], float(sys.argv[3]) if len(sys.argv) > 3 else 2))
else:
    answer = udp(sys.argv[2], [int(word) for word in sys.argv[3:]])
print(*answer)
