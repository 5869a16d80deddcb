internal import SnapCatalogue
internal import SnapModel
internal import SnapStore

/// Which packs are to go.
struct GarbagePlan {
    /// Nothing in them is needed.
    var removals: [PackUse] = []
    /// Something in them is needed, and is to be copied first.
    var rewrites: [PackUse] = []

    /// `deadShareLimit`: a pack is rewritten when more than this part of its bodies is of no use; with 0, as soon as
    /// any body is. Packs from `youngest` on belong to snapshots under way and stay.
    init(_ uses: [PackUse], deadShareLimit: Double, youngest: PackID?) {
        for use in uses {
            if let youngest, use.id >= youngest { continue }
            if use.needed.count == 0 {
                removals.append(use)
            } else if use.needed.count < use.entryCount, use.deadShare > deadShareLimit {
                rewrites.append(use)
            }
        }
    }

    /// What would come of it.
    func foretell(_ report: inout GarbageReport) {
        for use in removals + rewrites {
            report.freed += use.unneeded
            report.freedPackByteCount += use.byteCount
        }
        for use in rewrites {
            report.copied += use.needed
            report.freedPackByteCount -= use.needed.byteCount
        }
        report.removedPackCount = removals.count
        report.rewrittenPackCount = rewrites.count
    }
}

extension PackUse {
    /// The part of its bodies that is of no use: not needed, or found elsewhere.
    fileprivate var deadShare: Double {
        let bodyByteCount = Double(max(1, byteCount - PackLayout.footerByteCount(entryCount: entryCount)))
        return max(1 - Double(needed.byteCount) / bodyByteCount, .leastNonzeroMagnitude)
    }
}
