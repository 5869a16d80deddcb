import SnapModel
import SnapSystem
import SnapTestSupport
import Synchronization
import Testing

@testable import SnapEngine

@Suite("Claims")
struct ChunkClaimsTests {
    private func digests(_ count: Int) -> [Digest] {
        var random = SeededRandom(seed: 1)
        return (0..<count).compactMap { _ in Digest(bytes: random.bytes(32)) }
    }

    @Test func goToOneThreadEach() {
        let (claims, digests) = (ChunkClaims(), digests(2_000))
        let winners = Mutex<[Digest: Int]>([:])
        let workers = WorkerGroup()
        workers.start("claim", count: 8) { number in
            var random = SeededRandom(seed: UInt64(number))
            for digest in digests.shuffled(using: &random) where claims.claim(digest) {
                winners.withLock { $0[digest, default: 0] += 1 }
            }
        }
        workers.wait()
        #expect(winners.withLock { $0.count == 2_000 && $0.values.allSatisfy { $0 == 1 } })
    }

    @Test func canBeTakenAgainOnceReleased() {
        let (claims, digests) = (ChunkClaims(), digests(3))
        #expect(digests.allSatisfy(claims.claim) && !claims.claim(digests[0]))
        claims.release([digests[0], digests[2]])
        #expect(claims.claim(digests[0]) && !claims.claim(digests[1]) && claims.claim(digests[2]))
    }
}
