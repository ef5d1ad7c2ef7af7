"""An Apache Kafka of one's own, started as a child process. Nothing here knows a detection.

runtime = prepare(progress=show)                # Java found, jars fetched and checked
cluster = Cluster(Path("data"), Spec(), runtime)
cluster.start()
cluster.wait_ready(probe)                       # a record came back through it
... cluster.bootstrap ...
cluster.stop()
"""

from relay.broker.cluster import Cluster as Cluster
from relay.broker.cluster import Spec as Spec
from relay.broker.config import External as External
from relay.broker.config import Profile as Profile
from relay.broker.errors import BrokerError as BrokerError
from relay.broker.errors import ChecksumError as ChecksumError
from relay.broker.errors import DataError as DataError
from relay.broker.errors import DiedError as DiedError
from relay.broker.errors import FetchError as FetchError
from relay.broker.errors import JavaError as JavaError
from relay.broker.errors import PortError as PortError
from relay.broker.errors import ReadyError as ReadyError
from relay.broker.jars import Progress as Progress
from relay.broker.jars import cache_dir as cache_dir
from relay.broker.jars import fetch_jars as fetch_jars
from relay.broker.java import find_java as find_java
from relay.broker.ports import free_ports as free_ports
from relay.broker.running import Status as Status
from relay.broker.running import status_of as status_of
from relay.broker.running import stop_in as stop_in
from relay.broker.runtime import Runtime as Runtime
from relay.broker.runtime import prepare as prepare
from relay.broker.secured import Secured as Secured
