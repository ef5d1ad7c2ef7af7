"""What operators see: metrics, logs, traces and health. Nobody else imports prometheus_client."""

from relay.telemetry.exporting import Exporting as Exporting
from relay.telemetry.exporting import ExtraMissingError as ExtraMissingError
from relay.telemetry.exporting import unusable as unusable
from relay.telemetry.journal import Journal as Journal
from relay.telemetry.logs import configure as configure
from relay.telemetry.loop import time_loop as time_loop
from relay.telemetry.metrics import Metrics as Metrics
from relay.telemetry.sampling import Sampler as Sampler
from relay.telemetry.server import Health as Health
from relay.telemetry.server import Pages as Pages
from relay.telemetry.server import serve as serve
from relay.telemetry.traces import Tracer as Tracer
