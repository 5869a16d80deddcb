internal import SnapModel
internal import SnapSystem

/// The program that runs in the kernel whenever a request to a disk has been carried out: it marks the units of the volume that
/// the request may have changed.
///
/// Anything but a read marks. The mark is set before the writer hears of the end of its write, and after the disk has the bytes:
/// whoever takes a mark away and reads then has all that was written before.
struct MarkingProgram {
    /// What marks.
    enum Kind: Hashable, Sendable { case allWrites, discards }

    private let tracepoint: Tracepoint
    private let extent: TrackedExtent
    /// Where that lies on the disk which is counted; nil: it is all of it.
    private let counted: ByteExtent?
    private let kind: Kind
    private let layout: MarkLayout
    private let map: CInt
    private var code = BPFAssembly()
    private let end: BPFAssembly.Label
    private let overflow: BPFAssembly.Label

    // What it keeps on its stack, from the stack's end.
    private static let keySlot = -4
    private static let roundSlot = -16
    private static let baseSlot = -24

    /// The instructions for one extent of a volume.
    static func assemble(
        _ kind: Kind, _ extent: TrackedExtent, _ counted: CountedDevice, _ marks: MarkSet, _ tracepoint: Tracepoint,
        countingIn counter: Int
    ) -> [UInt64] {
        var program = MarkingProgram(kind, extent, counted, marks, tracepoint)
        program.write(counter)
        return program.code.finish()
    }

    private init(
        _ kind: Kind, _ extent: TrackedExtent, _ counted: CountedDevice, _ marks: MarkSet, _ tracepoint: Tracepoint
    ) {
        (self.kind, self.extent, self.tracepoint) = (kind, extent, tracepoint)
        self.counted = counted == .disk ? nil : extent.deviceOnDisk
        (layout, map) = (marks.layout, marks.words.map.rawValue)
        end = code.newLabel()
        overflow = code.newLabel()
    }

    /// r1: where the fields of the tracepoint are.
    private mutating func write(_ counter: Int) {
        leaveUnlessWritten()
        code.load(.eightBytes, .r6, from: .r1, tracepoint.sector)
        code.load(.fourBytes, .r7, from: .r1, tracepoint.sectorCount)
        code.jump(end, if: .r7, .equal, .constant(0))
        // Commands that are none of the block layer's have no sector.
        code.jump(end, if: .r6, .equal, .constant(-1))
        leaveOutside(counted)
        count(counter, .r7)
        markSectors()
        code.jump(end)
        code.place(overflow)
        code.apply(.move, .r7, .constant(1))
        count(MarkLayout.overflowWord, .r7)
        code.place(end)
        code.apply(.move, .r0, .constant(0))
        code.exit()
    }

    private mutating func leaveUnlessWritten() {
        let isPlain = code.newLabel()
        code.load(.fourBytes, .r2, from: .r1, tracepoint.device)
        code.load(.r3, constant: Self.number(of: extent.disk))
        code.jump(end, if: .r2, .notEqual, .register(.r3))
        code.load(.oneByte, .r2, from: .r1, tracepoint.operation)
        code.jump(isPlain, if: .r2, .notEqual, .constant(Self.flushLetter))
        code.load(.oneByte, .r2, from: .r1, tracepoint.operation + 1)
        code.place(isPlain)
        switch kind {
        case .allWrites: code.jump(end, if: .r2, .equal, .constant(Self.readLetter))
        case .discards: code.jump(end, if: .r2, .notEqual, .constant(Self.discardLetter))
        }
    }

    /// Whatever is asked of a partition, tracepoints tell of its disk (bio_dev), and of sectors of that.
    private mutating func leaveOutside(_ device: ByteExtent?) {
        guard let device else { return }
        code.load(.r2, constant: UInt64(device.offset / Self.sectorByteCount))
        code.jump(end, if: .r6, .less, .register(.r2))
        code.load(.r2, constant: UInt64(device.end / Self.sectorByteCount))
        code.jump(end, if: .r6, .greaterOrEqual, .register(.r2))
    }

    /// As the kernel does it by itself (MKDEV), which is not as stat(2) tells it.
    private static func number(of device: DeviceNumber) -> UInt64 { UInt64(device.major) << 20 | UInt64(device.minor) }

    private static let discardLetter = Int32(UInt8(ascii: "D"))
    private static let (readLetter, flushLetter) = (Int32(UInt8(ascii: "R")), Int32(UInt8(ascii: "F")))

    /// Adds to a word. Keeps r6 to r9.
    private mutating func count(_ word: Int, _ number: BPFRegister) {
        code.apply(.move, .r1, .constant(Int32(word)))
        lookUpWord()
        code.change(at: .r0, .add, number)
    }

    // MARK: - Marking

    /// r6: the first sector on the disk, r7: how many.
    private mutating func markSectors() {
        clip()
        let shift = Int64(extent.volumeOffset / Self.sectorByteCount) - Int64(firstSector)
        code.load(.r4, constant: UInt64(bitPattern: shift))
        code.apply(.add, .r2, .register(.r4))
        code.apply(.add, .r3, .register(.r4))
        code.apply(.add, .r3, .constant(Int32(Self.sectorsPerUnit - 1)))
        code.apply(.shiftRight, .r2, .constant(Self.sectorsPerUnitShift))
        code.apply(.shiftRight, .r3, .constant(Self.sectorsPerUnitShift))
        code.apply(.move, .r8, .register(.r2))
        code.apply(.move, .r9, .register(.r3))
        chooseWidth()
        markBits()
    }

    /// r2, r3: sectors from, to, as far as they are in the extent. What is outside is nobody's.
    private mutating func clip() {
        let (isBehindStart, isBeforeEnd) = (code.newLabel(), code.newLabel())
        code.apply(.move, .r2, .register(.r6))
        code.apply(.move, .r3, .register(.r6))
        code.apply(.add, .r3, .register(.r7))
        code.load(.r4, constant: firstSector)
        code.jump(isBehindStart, if: .r2, .greaterOrEqual, .register(.r4))
        code.apply(.move, .r2, .register(.r4))
        code.place(isBehindStart)
        code.load(.r4, constant: UInt64(extent.onDisk.end / Self.sectorByteCount))
        code.jump(isBeforeEnd, if: .r3, .lessOrEqual, .register(.r4))
        code.apply(.move, .r3, .register(.r4))
        code.place(isBeforeEnd)
        code.jump(end, if: .r2, .greaterOrEqual, .register(.r3))
    }

    /// r8, r9: units from, to; they become wide marks where they are many. Where those marks begin goes on the stack.
    private mutating func chooseWidth() {
        let (narrow, chosen) = (code.newLabel(), code.newLabel())
        code.apply(.move, .r4, .register(.r9))
        code.apply(.subtract, .r4, .register(.r8))
        code.jump(narrow, if: .r4, .lessOrEqual, .constant(Int32(MarkLayout.unitsPerWideMark)))
        let shift = Int32(MarkLayout.unitsPerWideMark.trailingZeroBitCount)
        code.apply(.shiftRight, .r8, .constant(shift))
        code.apply(.add, .r9, .constant(Int32(MarkLayout.unitsPerWideMark - 1)))
        code.apply(.shiftRight, .r9, .constant(shift))
        code.load(.r5, constant: UInt64(layout.wideStart))
        code.jump(chosen)
        code.place(narrow)
        code.load(.r5, constant: UInt64(layout.start))
        code.place(chosen)
        code.store(.eightBytes, .r5, at: .r10, Self.baseSlot)
        code.apply(.move, .r5, .constant(0))
        code.store(.eightBytes, .r5, at: .r10, Self.roundSlot)
    }

    /// Sets the bits from r8 up to r9, a word a round. The kernel must see that it ends, so the rounds are counted.
    private mutating func markBits() {
        let (next, isWhole) = (code.newLabel(), code.newLabel())
        code.place(next)
        code.jump(end, if: .r8, .greaterOrEqual, .register(.r9))
        code.apply(.move, .r1, .register(.r8))
        code.apply(.shiftRight, .r1, .constant(Self.wordShift))
        code.load(.eightBytes, .r2, from: .r10, Self.baseSlot)
        code.apply(.add, .r1, .register(.r2))
        lookUpWord()
        // From the bit of r8 to the end of the word …
        code.apply(.move, .r1, .register(.r8))
        code.apply(.and, .r1, .constant(Int32(MarkLayout.unitsPerWord - 1)))
        code.apply(.move, .r2, .constant(-1))
        code.apply(.shiftLeft, .r2, .register(.r1))
        code.apply(.or, .r8, .constant(Int32(MarkLayout.unitsPerWord - 1)))
        code.apply(.add, .r8, .constant(1))
        code.jump(isWhole, if: .r8, .lessOrEqual, .register(.r9))
        // … but not beyond r9.
        code.apply(.move, .r1, .register(.r8))
        code.apply(.subtract, .r1, .register(.r9))
        code.apply(.move, .r3, .constant(-1))
        code.apply(.shiftRight, .r3, .register(.r1))
        code.apply(.and, .r2, .register(.r3))
        code.place(isWhole)
        code.change(at: .r0, .or, .r2)
        code.load(.eightBytes, .r1, from: .r10, Self.roundSlot)
        code.apply(.add, .r1, .constant(1))
        code.store(.eightBytes, .r1, at: .r10, Self.roundSlot)
        code.jump(next, if: .r1, .less, .constant(Int32(MarkLayout.requestWordLimit)))
        code.jump(overflow, if: .r8, .less, .register(.r9))
    }

    /// r0 becomes where word r1 of the map is. There is no word beyond the end, so that leaving would lose nothing.
    private mutating func lookUpWord() {
        code.store(.fourBytes, .r1, at: .r10, Self.keySlot)
        code.apply(.move, .r2, .register(.r10))
        code.apply(.add, .r2, .constant(Int32(Self.keySlot)))
        code.load(.r1, map: map)
        code.lookUp()
        code.jump(end, if: .r0, .equal, .constant(0))
    }

    private var firstSector: UInt64 { UInt64(extent.onDisk.offset / Self.sectorByteCount) }

    /// The block layer counts in these, whatever the sector of the disk is.
    private static let sectorByteCount = 512
    private static let sectorsPerUnit = MarkLayout.unitByteCount / sectorByteCount
    private static let sectorsPerUnitShift: Int32 = 3
    private static let wordShift: Int32 = 6
}
