import Foundation
import SnapModel
import SnapSystem
import SystemPackage

@testable import SnapCatalogue

/// A folder of one test, and the place of a catalogue in it. Removed with its owner.
final class Scratch {
    let folder: FilePath
    let store = StoreID.random()

    init() throws {
        let name = "snapctl-test-catalogue-\(UUID().uuidString.lowercased())"
        folder = FilePath(FileManager.default.temporaryDirectory.path).appending(name)
        try Directory.create(folder)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder.string) }

    var path: FilePath { folder.appending("catalogue.db") }

    func open() throws(CatalogueError) -> Catalogue { try Catalogue.open(at: path, store: store) }

    /// The names of what is in the folder.
    func names() throws -> [String] { try Directory.names(in: folder) }
}

/// Random numbers that a seed repeats (SplitMix64, https://prng.di.unimi.it/splitmix64.c).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
