"""A dream on a sound: its file, its spectrogram, and back."""

import numpy as np
import pytest

from reverie import ReverieError, dream
from reverie.dream.sound import _picture, _sound, _transform, read

wavfile = pytest.importorskip("scipy.io.wavfile")
RATE = 8000


@pytest.fixture
def tune(tmp_path):
    """Two seconds, two notes, two channels."""
    time = np.arange(2 * RATE) / RATE
    left = 0.4 * np.sin(2 * np.pi * 440 * time) * (time < 1) + 0.2 * np.sin(2 * np.pi * 880 * time) * (time >= 1)
    samples = np.stack([left, 0.5 * left], axis=1)
    wavfile.write(tmp_path / "tune.wav", RATE, np.rint(samples * 32767).astype(np.int16))
    return tmp_path / "tune.wav"


def test_files_of_all_kinds_are_read(tmp_path, tune):
    sound = read(tune)
    assert sound.rate == RATE and sound.samples.shape == (2 * RATE, 2)
    assert 0.38 < sound.samples.max() < 0.41
    for kind, scale, offset in ((np.uint8, 127, 128), (np.int32, 2**31 - 1, 0), (np.float32, 1, 0)):
        wavfile.write(tmp_path / "other.wav", RATE, (sound.samples[:, 0] * scale + offset).astype(kind))
        assert read(tmp_path / "other.wav").samples[:, 0] == pytest.approx(sound.samples[:, 0], abs=0.02)


def test_the_picture_shows_the_notes(tune):
    sound = read(tune)
    transform = _transform(sound)
    picture = _picture(transform.stft(sound.samples.T))
    frequencies = transform.f[::-1]  # low notes below
    early, late = picture[:, picture.shape[1] // 4], picture[:, 3 * picture.shape[1] // 4]
    assert abs(frequencies[early.argmax()] - 440) < 20 and abs(frequencies[late.argmax()] - 880) < 20
    assert early.max() == 255 and late.max() == pytest.approx(255 - 255 * 6.02 / 80, abs=2)  # half as loud


def test_unchanged_it_sounds_the_same(tune):
    sound = read(tune)
    transform = _transform(sound)
    spectra = transform.stft(sound.samples.T)
    again = _sound(transform, spectra, np.zeros(spectra.shape[1:]), len(sound.samples))
    assert np.abs(again - sound.samples).max() < 1e-4
    louder = _sound(transform, spectra, np.full(spectra.shape[1:], 6.0206), len(sound.samples))
    assert np.abs(louder - 2 * sound.samples).max() < 1e-3


def test_decibels_raise_what_they_stand_for(tune):
    """Six decibels above 660 Hz: the second note is twice as loud, the first as it was; too loud is turned down."""
    sound = read(tune)
    transform = _transform(sound)
    spectra = transform.stft(sound.samples.T)
    decibels = np.where(transform.f[:, None] > 660, 6.0206, 0) * np.ones(spectra.shape[1:])
    raised = _sound(transform, spectra, decibels, len(sound.samples))
    early, late = slice(1000, RATE - 1000), slice(RATE + 1000, -1000)
    assert np.abs(raised[early]).max() == pytest.approx(np.abs(sound.samples[early]).max(), rel=0.02)
    assert np.abs(raised[late]).max() == pytest.approx(2 * np.abs(sound.samples[late]).max(), rel=0.02)
    assert np.abs(_sound(transform, spectra, decibels + 20, len(sound.samples))).max() == pytest.approx(1)


def test_a_dream_on_a_sound(network, tune, tmp_path):
    dreamt = dream.render_sound(tune, network, octaves=2, steps=3, strength=0.02)
    sound = read(tune)
    assert dreamt.samples.shape == sound.samples.shape and dreamt.rate == RATE
    assert np.abs(dreamt.samples).max() <= 1
    assert np.abs(dreamt.samples - sound.samples).mean() > 1e-3
    dreamt.save(tmp_path / "out.wav")
    assert read(tmp_path / "out.wav").samples == pytest.approx(dreamt.samples, abs=1e-4)
    assert dreamt.info["reverie"]["arguments"]["image"] == str(tune)
    with pytest.raises(ReverieError, match=r"written as \.wav"):
        dreamt.save(tmp_path / "out.mp3")


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0" + bytes(30), b"not a sound" * 50]
)
def test_damaged_sounds_are_one_sentence(tmp_path, content):
    (tmp_path / "bad.wav").write_bytes(content)
    with pytest.raises(ReverieError, match=r"bad\.wav"):
        read(tmp_path / "bad.wav")


def test_sounds_that_are_too_short_or_missing(tmp_path):
    wavfile.write(tmp_path / "click.wav", RATE, np.zeros(100, np.int16))
    with pytest.raises(ReverieError, match="100 samples"):
        read(tmp_path / "click.wav")
    with pytest.raises(ReverieError, match="cannot be read"):
        read(tmp_path / "none.wav")
