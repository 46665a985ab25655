"""Weights from the cache or from Keras: hashes, connections that fail, and connections that hang."""

import hashlib
import threading
import time

import pytest

from reverie import ReverieError
from reverie.features import fetch
from reverie.features.registry import File, Network

DATA = b"weights"
MD5 = hashlib.md5(DATA).hexdigest()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / "models"
    folder.mkdir(parents=True)
    return folder


def network(url, digest=MD5):
    return Network("net", "keras", "a net", "free", "here", 1, (File("net.h5", url, digest),))


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_a_whole_file_in_the_cache_needs_no_connection(cache, monkeypatch, algorithm):
    monkeypatch.setattr(fetch, "_answers", lambda url: pytest.fail("connected"))
    (cache / "net.h5").write_bytes(DATA)
    assert fetch.fetch(network("https://x.test/net.h5", hashlib.new(algorithm, DATA).hexdigest())) == cache / "net.h5"


def test_keras_downloads_a_missing_or_damaged_file_and_says_so_on_stderr(cache, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(fetch, "_answers", lambda url: True)
    (tmp_path / "net.h5").write_bytes(DATA)
    for before in (None, b"half"):
        if before:
            (cache / "net.h5").write_bytes(before)
        path = fetch.fetch(network((tmp_path / "net.h5").as_uri()))
        assert path == cache / "net.h5"
        assert path.read_bytes() == DATA
        out, err = capsys.readouterr()
        assert out == ""
        assert "Downloading data" in err


def test_a_download_with_another_hash_is_refused(cache, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "_answers", lambda url: True)
    (tmp_path / "net.h5").write_bytes(b"something else")
    with pytest.raises(ReverieError, match=r"The weights of net \(net.h5\) are .*, and the download failed: .*hash"):
        fetch.fetch(network((tmp_path / "net.h5").as_uri()))


def test_a_download_that_breaks_off(cache, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "_answers", lambda url: True)
    with pytest.raises(ReverieError, match="are not on this machine, and the download failed: URL fetch failure"):
        fetch.fetch(network((tmp_path / "gone.h5").as_uri()))
    assert not list(cache.iterdir())


def test_a_damaged_file_is_called_that_offline(cache, monkeypatch):
    monkeypatch.setattr(fetch, "_answers", lambda url: False)
    (cache / "net.h5").write_bytes(b"half")
    with pytest.raises(ReverieError, match=r"\(net.h5\) are damaged, and x.test does not answer"):
        fetch.fetch(network("https://x.test/net.h5"))


@pytest.mark.parametrize("where", ["socket.create_connection", "socket.getaddrinfo"])
def test_a_connection_that_hangs_is_given_up(monkeypatch, where):
    """A name server can hang as well as a server, and has no time limit."""
    ended = threading.Event()

    def hang(*arguments, **options):
        ended.wait(30)
        raise TimeoutError

    monkeypatch.setattr(where, hang)
    monkeypatch.setattr(fetch, "PATIENCE", 0.2)
    started = time.monotonic()
    assert not fetch._answers("https://x.test/net.h5")
    assert time.monotonic() - started < 5
    ended.set()


@pytest.mark.parametrize(
    ("proxies", "place"),
    [
        ({}, ("x.test", 443)),
        ({"https": "http://proxy.test:3128"}, ("proxy.test", 3128)),
        ({"https": "http://proxy.test"}, ("proxy.test", 80)),
    ],
)
def test_the_proxy_is_asked_where_there_is_one(monkeypatch, proxies, place):
    asked = []

    def refused(address, timeout):
        asked.append((address, timeout))
        raise ConnectionRefusedError

    monkeypatch.setattr("urllib.request.getproxies", lambda: proxies)
    monkeypatch.setattr("socket.create_connection", refused)
    assert not fetch._answers("https://x.test/net.h5")
    assert asked == [(place, fetch.PATIENCE)]


def test_patience_is_put_back(monkeypatch):
    import socket

    with fetch._patience():
        assert socket.getdefaulttimeout() == 10
    assert socket.getdefaulttimeout() is None
