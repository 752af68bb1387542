; Every way into the kernel, and the way out.
;
; The frame (struct trapframe), from high addresses to low:
;
;       ss, esp                 pushed by the processor, from user mode only
;       eflags, cs, eip         pushed by the processor
;       error                   pushed by the processor for some vectors, else 0 by the stub
;       vector                  pushed by the stub
;       eax ecx edx ebx esp ebp esi edi         pusha
;       ds es fs gs             the user's; gs is its thread-local segment
;
; C functions take their first argument in eax, here and in all of the kernel (-mregparm=3).
;
; Two paths: int 0x80 calls its handler and falls through to the way out; all others also build a link for the
; backtrace.
;
; Floor 1.  [SDM 3A 6.12, 6.13]   Read next: trap.c

SEL_KDATA       equ 0x10
TRAP_SYSCALL         equ 0x80
FRAME_CS        equ 4*4 + 8*4 + 2*4 + 4         ; offset of cs in the frame
FRAME_EIP       equ FRAME_CS - 4

        extern  trap_handlers                   ; trap.c: handler by vector
        extern  trap_user_return                ; trap.c: the door's function
        extern  trap_work                       ; where this processor's work is noted
        global  trap_stubs
        global  trap_return

%macro  ENTER_KERNEL 0
        pusha
        push    ds
        push    es
        push    fs
        push    gs
        mov     eax, SEL_KDATA
        mov     ds, eax
        mov     es, eax
        cld
%endmacro

        section .text

; System call.  eax holds the number, in the frame.
        align   16
trap_syscall:
        push    dword 0
        push    dword TRAP_SYSCALL
        ENTER_KERNEL
        mov     eax, esp
        call    [trap_handlers + 4*TRAP_SYSCALL]

; What an interrupt asks for until interrupts are off is seen before leaving.
leave_kernel:
        cli
        mov     eax, [trap_work]
        cmp     dword [eax], 0
        jne     to_user

restore:
        pop     gs
        pop     fs
        pop     es
        pop     ds
        popa
        add     esp, 8                          ; vector, error
        iret

; The door runs with interrupts on.
to_user:
        sti
        mov     eax, esp
        call    [trap_user_return]
        jmp     leave_kernel

; Everything else.  A pushed pair (ebp, eip) makes the interrupted code look like our caller.
        align   16
trap_common:
        ENTER_KERNEL
        mov     ebx, esp                        ; ebx = the frame; callees preserve it
        push    dword [ebx + FRAME_EIP]
        push    ebp
        mov     ebp, esp
        mov     ecx, [ebx + 12*4]               ; vector
        mov     eax, ebx
        call    [trap_handlers + 4*ecx]
        mov     esp, ebx
        test    byte [esp + FRAME_CS], 3
        jnz     to_user
        jmp     restore                         ; back into the kernel: no door, no preemption

; void trap_return(struct trapframe *tf)
trap_return:
        cli
        mov     esp, eax
        jmp     restore

; 255 stubs, and the system call.  The processor pushes an error code for vectors 8, 10..14, 17 [SDM 3A table 6-1].
%assign v 0
%rep    256
  %if v != TRAP_SYSCALL
trap_stub_%+v:
    %if v != 8 && (v < 10 || v > 14) && v != 17
        push    dword 0
    %endif
        push    dword v
        jmp     trap_common
  %endif
%assign v v+1
%endrep

        section .rodata
trap_stubs:                                     ; void (*const trap_stubs[256])(void)
%assign v 0
%rep    256
  %if v == TRAP_SYSCALL
        dd      trap_syscall
  %else
        dd      trap_stub_%+v
  %endif
%assign v v+1
%endrep

        section .note.GNU-stack noalloc noexec nowrite  ; no executable stack wanted
