"""The Debian packages of fonts and words, pinned by version and SHA-256, unpacked without being installed."""

import hashlib
import json
import pathlib
import subprocess

PINNED = json.loads(pathlib.Path(__file__).with_name('packages.json').read_text())


def unpack(folder: pathlib.Path):
    """@returns the folder with the packages' files."""
    debs, files = folder / 'debs', folder / 'files'
    if (files / 'complete').exists():
        return files
    debs.mkdir(parents=True, exist_ok=True)
    names = [f'{name}={package["version"]}' for name, package in PINNED.items()]
    subprocess.run(['apt-get', 'download', *names], cwd=debs, check=True)
    expected = {package['sha256'] for package in PINNED.values()}
    for deb in sorted(debs.glob('*.deb')):
        if hashlib.sha256(deb.read_bytes()).hexdigest() not in expected:
            raise SystemExit(f'{deb} is none of the pinned packages.')
        subprocess.run(['dpkg', '--extract', deb, files], check=True)
    (files / 'complete').touch()
    return files
