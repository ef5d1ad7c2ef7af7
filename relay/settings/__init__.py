"""What an operator writes: relay.yaml, members.yaml and the environment, checked and compiled.

Strict: an unknown key is an error, and all errors are told at once, each with its place.
"""

from relay.settings.compiled import Settings as Settings
from relay.settings.compiled import fingerprint as fingerprint
from relay.settings.compiled import policy as policy
from relay.settings.loading import load_register as load_register
from relay.settings.loading import load_settings as load_settings
from relay.settings.problem import Problem as Problem
from relay.settings.problem import SettingsError as SettingsError
