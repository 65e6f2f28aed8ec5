"""Two people, two instances, one idea: real processes, plain forms and database files."""

from tests.system.acts import copy_of, sample_ideas, say, share, thread
from tests.system.cluster import Cluster, wait_for
from tests.system.oracle import assert_converged, assert_revoked, held, shared


def test_share_comment_answer_and_revoke(cluster: Cluster) -> None:
    alice, bob = cluster.alice, cluster.bob
    idea = sample_ideas(alice)[0]
    share(alice, idea, "Bob")
    copy = copy_of(bob, idea)
    assert held(bob, alice) == shared(alice, bob)
    assert "Shared by Alice" in bob.read(f"/ideas/{copy}/")
    assert say(bob, copy, "Great setup!")
    wait_for(lambda: len(thread(alice)) == 1, what="Bob's comment at Alice")
    assert say(alice, idea, "Thanks.")
    wait_for(lambda: thread(bob) == thread(alice), what="the same thread")
    assert [row[:3] for row in thread(bob)] == [(1, "Bob", "Great setup!"), (2, "Alice", "Thanks.")]
    share(alice, idea)
    wait_for(lambda: held(bob, alice) == [], what="the copy gone")
    assert_revoked(bob, idea)
    assert_converged(cluster)
