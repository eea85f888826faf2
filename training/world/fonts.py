"""
The fonts of this machine that have digits: DejaVu comes with matplotlib, others with the system.
"""

import subprocess


def _installed():
    """Paths of scalable Latin fonts, in order."""
    try:
        lines = subprocess.run(['fc-list', ':lang=en:scalable=true', 'file'], capture_output=True, text=True, check=True).stdout.splitlines()
        paths = sorted(line.split(':')[0] for line in lines if line.split(':')[0].endswith(('.ttf', '.otf')))
    except (OSError, subprocess.CalledProcessError):
        paths = []
    if paths:
        return paths
    import matplotlib

    return [f'{matplotlib.get_data_path()}/fonts/ttf/{name}.ttf' for name in ('DejaVuSans', 'DejaVuSans-Bold', 'DejaVuSerif', 'DejaVuSansMono')]


FONTS = _installed()
