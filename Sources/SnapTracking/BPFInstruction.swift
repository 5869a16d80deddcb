/// A register of the kernel's virtual machine. r0 to r5 are lost in calls, r6 to r9 are kept, r10 is the end of the stack.
enum BPFRegister: UInt8, Sendable { case r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10 }

/// How many bytes a load or store moves, as it is encoded.
enum BPFWidth: UInt8, Sendable {
    /// BPF_B
    case oneByte = 0x10
    /// BPF_W
    case fourBytes = 0x00
    /// BPF_DW
    case eightBytes = 0x18
}

enum BPFOperation: UInt8, Sendable {
    case add = 0x00
    case subtract = 0x10
    case or = 0x40
    case and = 0x50
    case shiftLeft = 0x60
    case shiftRight = 0x70
    case move = 0xb0
}

/// Unsigned.
enum BPFCondition: UInt8, Sendable {
    case equal = 0x10
    case greaterOrEqual = 0x30
    case notEqual = 0x50
    case less = 0xa0
    case lessOrEqual = 0xb0
}

/// The right-hand side of an operation or a condition.
enum BPFOperand: Sendable {
    case register(BPFRegister)
    case constant(Int32)
}

/// One instruction, as the kernel takes it (Documentation/bpf/standardization/instruction-set.rst): opcode, two registers, an
/// offset and a constant.
struct BPFInstruction: Hashable, Sendable {
    var opcode: UInt8
    var destination: UInt8 = 0
    var source: UInt8 = 0
    var offset: Int16 = 0
    var constant: Int32 = 0

    /// The eight bytes of it, in the order of this machine.
    var encoded: UInt64 {
        // Which half of the second byte is which register depends on the machine too (struct bpf_insn).
        #if _endian(little)
            let registers = source << 4 | destination
            return UInt64(opcode) | UInt64(registers) << 8 | UInt64(UInt16(bitPattern: offset)) << 16
                | UInt64(UInt32(bitPattern: constant)) << 32
        #else
            let registers = destination << 4 | source
            return UInt64(opcode) << 56 | UInt64(registers) << 48 | UInt64(UInt16(bitPattern: offset)) << 32
                | UInt64(UInt32(bitPattern: constant))
        #endif
    }
}
