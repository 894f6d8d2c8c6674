"""Python's websockets against ws-echo, as client and as server: messages come back byte for byte, closes are clean."""
import asyncio
import os
import ssl
import subprocess
import sys
import tempfile

try:
    import websockets
except ImportError:
    print("python3-websockets is not installed")
    sys.exit(77)

PROGRAM = sys.argv[1]
MAKE_CERTIFICATES = sys.argv[2] if len(sys.argv) > 2 else None  # over TLS
OURS, TRUST, SCHEME, SERVER_TLS = [], [], "ws", {}
SIZES = [0, 1, 125, 126, 65535, 65536, 1 << 20, 16 << 20]
OPTIONS = {"max_size": None, "compression": None, "ping_interval": None}
CLIENT_TLS = {}
if MAKE_CERTIFICATES:
    certificates = tempfile.TemporaryDirectory()
    made = subprocess.run([MAKE_CERTIFICATES, certificates.name]).returncode
    if made:
        sys.exit(made)

    def file(name):
        return os.path.join(certificates.name, name)

    OURS, TRUST, SCHEME = ["--cert", file("server.pem"), "--key", file("server.key")], ["--ca", file("ca.pem")], "wss"
    CLIENT_TLS = {"ssl": ssl.create_default_context(cafile=file("ca.pem"))}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file("server.pem"), file("server.key"))
    SERVER_TLS = {"ssl": context}


async def exchange(peer):
    """Sends every size, text and binary, whole and in fragments, and compares what comes back."""
    for size in SIZES:
        data = os.urandom(size)
        await peer.send(data)
        assert await peer.recv() == data, f"binary of {size} B"
        text = "äöü€😀" * (size // 16)
        await peer.send(text)
        assert await peer.recv() == text, f"text of {size} B"
    await peer.send([b"in ", b"", b"three"])
    assert await peer.recv() == b"in three", "fragments"
    await asyncio.wait_for(await peer.ping(b"are you there"), 10)


async def as_client():
    server = subprocess.Popen([PROGRAM, "--listen", "127.0.0.1:0", *OURS], stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().split()[-1]
        async with websockets.connect(url, **OPTIONS, **CLIENT_TLS) as peer:
            await exchange(peer)
        assert peer.close_code == 1000, f"closed with {peer.close_code}"
        await asyncio.gather(*(several(url) for _ in range(20)))
        await refused(url)
    finally:
        server.terminate()
        assert server.wait(10) == 0, "ws-echo ends well on SIGTERM"


async def several(url):
    async with websockets.connect(url, **OPTIONS, **CLIENT_TLS) as peer:
        for i in range(50):
            await peer.send(str(i))
        for i in range(50):
            assert await peer.recv() == str(i)


async def refused(url):
    try:
        async with websockets.connect(url, origin="https://evil.example", **OPTIONS, **CLIENT_TLS):
            raise AssertionError("a strange origin was let in")
    except websockets.exceptions.InvalidStatusCode as refusal:
        assert refusal.status_code == 403, refusal.status_code


async def too_big():
    server = subprocess.Popen([PROGRAM, "--listen", "127.0.0.1:0", *OURS, "--max-message", "1000"], stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().split()[-1]
        async with websockets.connect(url, **OPTIONS, **CLIENT_TLS) as peer:
            await peer.send(b"x" * 1000)
            assert await peer.recv() == b"x" * 1000
            try:
                await peer.send(b"x" * 1001)
                await peer.recv()
                raise AssertionError("a message above the limit was taken")
            except websockets.exceptions.ConnectionClosed:
                assert peer.close_code == 1009, f"closed with {peer.close_code}"
    finally:
        server.terminate()
        server.wait(10)


async def as_server():
    done = asyncio.get_running_loop().create_future()

    async def handler(peer):
        try:
            await exchange(peer)
            await peer.close(4321, "enough")
            done.set_result(peer.close_code)
        except BaseException as failure:
            done.set_exception(failure)
            raise

    async with websockets.serve(handler, "127.0.0.1", 0, **OPTIONS, **SERVER_TLS) as server:
        port = server.sockets[0].getsockname()[1]
        client = await asyncio.create_subprocess_exec(
            PROGRAM, "--connect", f"{SCHEME}://127.0.0.1:{port}/echo?x=1", *TRUST, stdout=subprocess.PIPE)
        assert await asyncio.wait_for(done, 60) == 4321
        out, _ = await asyncio.wait_for(client.communicate(), 10)
        assert out.decode().strip() == "closed with 4321", out
        assert client.returncode == 0


asyncio.run(as_client())
asyncio.run(too_big())
asyncio.run(as_server())
print("ok")
