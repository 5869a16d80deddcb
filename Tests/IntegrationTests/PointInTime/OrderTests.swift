import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Integration {
    /// What was written in order is in order in every image, by each method, while writers go on.
    @Suite struct Order {
        private static let roundCount = 20

        /// How the volume lies, and how it is imaged.
        struct Way: Sendable, CustomTestStringConvertible {
            var host: MountedFilesystem.Kind?
            var method: ConsistencyMethod
            var kind: MountedFilesystem.Kind
            /// One filesystem of each method is looked at more often than the others.
            var roundCount = 6

            var testDescription: String { "\(method.rawValue), \(kind) on \(host.map { "\($0)" } ?? "a plain disk")" }
        }

        static let ways = [
            Way(host: .xfs, method: .clone, kind: .ext4, roundCount: roundCount),
            Way(host: .btrfs, method: .clone, kind: .xfs), Way(host: .xfs, method: .clone, kind: .btrfs),
            Way(host: nil, method: .freeze, kind: .ext4, roundCount: roundCount),
            Way(host: nil, method: .freeze, kind: .xfs), Way(host: nil, method: .freeze, kind: .btrfs),
            Way(host: nil, method: .live, kind: .ext4, roundCount: roundCount),
            Way(host: nil, method: .live, kind: .xfs),
            Way(host: nil, method: .live, kind: .btrfs),
        ]

        @Test(arguments: ways)
        func isKept(_ way: Way) throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let ids = try Place.with(way.kind, on: way.host, in: directory) { place in
                    try OrderedWriter.with(place.mountPoint, place.mountPoint) { writer in
                        try (0..<way.roundCount).map { _ in
                            let snapshot = try program.secure(place.device, "--consistency", way.method.rawValue)
                            #expect(snapshot.own.consistency.method == way.method.rawValue)
                            #expect(snapshot.own.consistency.level == "filesystem")
                            let count = writer.recordCount
                            #expect(try wait { writer.recordCount > count + 3 }, "the writer goes on")
                            return snapshot.id
                        }
                    }
                }
                try program.waitFor(ids)
                var total = 0
                for id in ids {
                    let violations = try RestoredImage.with(id, of: way.kind, by: program, in: directory) {
                        total += try OrderedWriter.recordCount(in: $0)
                        return try OrderedWriter.violations($0, $0)
                    }
                    #expect(violations.isEmpty, "\(id)")
                }
                #expect(total > way.roundCount, "the images hold what was written")
            }
        }

        /// The writer sleeps between two mounts, and nobody can mount while it is read.
        @Test func isKeptExclusively() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.sparseFile("volume", byteCount: Place.byteCount)
                try LoopDevice.with(over: image) { loop in
                    try MountedFilesystem.make(.ext4, on: loop.path)
                    let place = try directory.folder("place")
                    for _ in 0..<Self.roundCount {
                        try MountedFilesystem.with(loop.path, at: place) { mounted in
                            try OrderedWriter.with(mounted.path, mounted.path) { writer in
                                let hasWritten = try wait { writer.recordCount > 20 }
                                #expect(hasWritten)
                            }
                        }
                        let id = try program.create(loop.path, "--consistency", "exclusive").id
                        let violations = try RestoredImage.with(id, of: .ext4, by: program, in: directory) {
                            try OrderedWriter.violations($0, $0)
                        }
                        #expect(violations.isEmpty)
                    }
                }
            }
        }

        /// So that the tests above can fail: without a point in time the order is broken.
        @Test func isBrokenByReadingLive() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                var broken: [String] = []
                try Place.with(.ext4, on: nil, in: directory) { place in
                    try OrderedWriter.with(place.mountPoint, place.mountPoint) { _ in
                        for _ in 0..<Self.roundCount * 3 where broken.isEmpty {
                            let snapshot = try program.create(place.device, "--consistency", "none")
                            #expect(snapshot.own.consistency.level == "none")
                            #expect(!snapshot.own.consistency.isPointInTime)
                            do {
                                broken = try RestoredImage.with(snapshot.id, of: .ext4, by: program, in: directory) {
                                    try OrderedWriter.violations($0, $0)
                                }
                            } catch {
                                broken = ["\(error)"]
                            }
                        }
                    }
                }
                print("read live: \(broken.joined(separator: "; ").prefix(200))")
                #expect(!broken.isEmpty)
            }
        }

        /// Two volumes of one set: where each lies, and how it is imaged.
        struct Pair: Sendable, CustomTestStringConvertible {
            var hosts: [MountedFilesystem.Kind?]
            /// What is asked for.
            var method: ConsistencyMethod?
            var methods: [ConsistencyMethod]
            var roundCount: Int

            init(both host: MountedFilesystem.Kind?, _ method: ConsistencyMethod) {
                (hosts, self.method, methods) = ([host, host], method, [method, method])
                roundCount = Order.roundCount
            }

            /// Each as it can be.
            init(_ hosts: [MountedFilesystem.Kind?], _ methods: [ConsistencyMethod]) {
                (self.hosts, self.methods) = (hosts, methods)
                roundCount = 8
            }

            var testDescription: String { methods.map(\.rawValue).joined(separator: " and ") }
        }

        static let pairs = [
            Pair(both: .xfs, .clone), Pair(both: nil, .live), Pair(both: nil, .freeze),
            Pair([.xfs, nil], [.clone, .live]), Pair([nil, .xfs], [.live, .clone]),
        ]

        /// A lies on one volume, B on another: one instant for both.
        @Test(arguments: pairs)
        func isKeptAcrossASet(_ pair: Pair) throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let sets = try Place.with(.ext4, on: pair.hosts[0], in: directory, name: "first") { first in
                    try Place.with(.xfs, on: pair.hosts[1], in: directory, name: "second") { second in
                        try OrderedWriter.with(first.mountPoint, second.mountPoint) { writer in
                            try (0..<pair.roundCount).map { _ in
                                let set = try program.secureSet(
                                    [first.device, second.device], "--consistency", pair.method?.rawValue ?? "auto")
                                #expect(set.map(\.own.consistency.method) == pair.methods.map(\.rawValue))
                                #expect(Set(set.map(\.own.setID)).count == 1)
                                #expect(set[0].own.setID?.hasPrefix("set-") == true)
                                let count = writer.recordCount
                                #expect(try wait { writer.recordCount > count + 3 }, "the writer goes on")
                                return set.map(\.id)
                            }
                        }
                    }
                }
                try program.waitFor(sets.flatMap { $0 })
                for set in sets {
                    let violations = try RestoredImage.with(set[0], of: .ext4, by: program, in: directory) { first in
                        try RestoredImage.with(set[1], of: .xfs, by: program, in: directory) { second in
                            try OrderedWriter.violations(first, second)
                        }
                    }
                    #expect(violations.isEmpty)
                }
            }
        }
    }
}

/// A filesystem on a loop device, whose image file lies on a filesystem that can clone, or on that of the scratch place.
struct Place {
    static let byteCount = 320 << 20

    let device: FilePath
    let image: FilePath
    let mountPoint: FilePath

    static func with<Result>(
        _ kind: MountedFilesystem.Kind, on host: MountedFilesystem.Kind?, in directory: ScratchDirectory,
        name: String = "volume", _ body: (Place) throws -> Result
    ) throws -> Result {
        guard let host else { return try with(kind, image: directory.appending("\(name).img"), directory, name, body) }
        return try MountedFilesystem.with(host, in: directory, name: "host-of-\(name)", byteCount: 1 << 30) { host in
            try with(kind, image: host.path.appending("\(name).img"), directory, name, body)
        }
    }

    private static func with<Result>(
        _ kind: MountedFilesystem.Kind, image: FilePath, _ directory: ScratchDirectory, _ name: String,
        _ body: (Place) throws -> Result
    ) throws -> Result {
        _ = try ScratchDirectory.sparseFile(at: image, byteCount: byteCount)
        return try LoopDevice.with(over: image) { loop in
            try MountedFilesystem.make(kind, on: loop.path)
            return try MountedFilesystem.with(loop.path, at: try directory.folder("at-\(name)")) { mounted in
                try body(Place(device: loop.path, image: image, mountPoint: mounted.path))
            }
        }
    }
}
