"""A network shared by threads, each with a part of the batch.

Debian's PyTorch computes on one core whatever `torch.set_num_threads` says; this uses them all.
"""

import copy
from concurrent.futures import ThreadPoolExecutor


class Replicas:
    """Copies of a network that share its weights and have gradients of their own."""

    def __init__(self, net, threads):
        self.nets = [net] + [copy.deepcopy(net) for _ in range(threads - 1)]
        for other in self.nets[1:]:
            for own, shared in zip(other.parameters(), net.parameters()):
                own.data = shared.data
        self.pool = ThreadPoolExecutor(threads)

    def backward(self, image, truth, loss_of):
        """Adds the gradients of a batch to the first network's; returns the loss.

        Batch norms measure within a thread's part; the running values kept are those of the first part.
        """
        parts = list(zip(self.nets, image.chunk(len(self.nets)), truth.chunk(len(self.nets))))

        def one(net, image, truth):
            loss = loss_of(net(image), truth)
            (loss / len(parts)).backward()
            return loss.item()

        losses = list(self.pool.map(lambda part: one(*part), parts))
        for net, _, _ in parts[1:]:
            for shared, own in zip(self.nets[0].parameters(), net.parameters()):
                shared.grad += own.grad
                own.grad = None
        return sum(losses) / len(losses)
