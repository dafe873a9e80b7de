"""Modems that connect to us: from an open port on the internet to the link of a line.

    door        accepts, counts, reads a load balancer's header, unlocks TLS
    connection  one TCP connection and its counters; what it does is its phase
    greeting    phase 1: who are you? (protocols.hello)
    strangers   phase 2a: nobody we know; kept a while, then closed
    attached    phase 2b: a known modem; heartbeats go, payload goes to the link that has it
    reception   who is here: brings the phases about; the newest connection of a modem counts
    listener    the whole, as the collector uses it

There is no task and no buffer per connection, and nothing here is stored: everything leaves by
`events.Listening`. An identity is what the modem says; whoever knows it can say it as well, so listeners on
the open internet want TLS, a closed network of the carrier or a firewall in front.
"""
